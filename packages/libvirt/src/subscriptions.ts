import { domainEvents, type DomainEvent, type DomainEventName, type EventPayload } from './event-table.ts';
import type { DomainRef } from './remote-types.ts';
import type { RpcChannel } from './rpc.ts';
import type { Reader } from './xdr.ts';

/** Hears one kind of event. What it throws becomes an uncaught exception, not an error of the connection. */
export type EventListener<K extends DomainEventName> = (domain: DomainRef, payload: EventPayload<K>) => void;

/** A listener that is in place; closing it twice does nothing. */
export interface Subscription extends AsyncDisposable {
  close(): Promise<void>;
}

type AnyListener = (domain: DomainRef, payload: unknown) => void;

interface Registration {
  listeners: Set<AnyListener>;
  /** Registering and deregistering of one event, one after the other. */
  turn: Promise<void>;
  callbackId: number | undefined;
}

/**
 * The events of one connection. The daemon refuses a second registration of the same event on a connection, so each event
 * is registered once, for all domains, while anyone listens; listeners are counted here.
 *
 * An event often arrives before the reply of the call that caused it: no listener may assume the reply first.
 */
export class Subscriptions {
  readonly #channel: RpcChannel;
  readonly #registrations = new Map<DomainEventName, Registration>();

  constructor(channel: RpcChannel) {
    this.#channel = channel;
    channel.onMessage = (number, body) => this.#deliver(number, body);
  }

  /** Resolves when the daemon sends the event; the listener may hear one earlier. @throws as a call does. */
  async add<K extends DomainEventName>(name: K, listener: EventListener<K>): Promise<Subscription> {
    const registration = this.#registrations.get(name) ?? {
      listeners: new Set<AnyListener>(),
      turn: Promise.resolve(),
      callbackId: undefined,
    };
    this.#registrations.set(name, registration);
    // Wrapped, so that the same function given twice counts twice.
    const own: AnyListener = (domain, payload) => listener(domain, payload as EventPayload<K>);
    registration.listeners.add(own);
    const close = async (): Promise<void> => {
      if (registration.listeners.delete(own)) await this.#settle(name, registration);
    };
    try {
      await this.#settle(name, registration);
    } catch (error) {
      registration.listeners.delete(own);
      throw error;
    }
    return { close, [Symbol.asyncDispose]: close };
  }

  /** Brings the daemon's side to what is wanted at the end of the queue: registered when anyone listens, else not. */
  #settle(name: DomainEventName, registration: Registration): Promise<void> {
    const turn = registration.turn.then(async () => {
      const wanted = registration.listeners.size > 0;
      if (wanted && registration.callbackId === undefined) {
        const eventId = domainEvents[name].id;
        const reply = await this.#channel.call('connectDomainEventCallbackRegisterAny', { eventId, dom: null });
        registration.callbackId = reply.callbackId;
      } else if (!wanted && registration.callbackId !== undefined) {
        const { callbackId } = registration;
        registration.callbackId = undefined;
        await this.#channel.call('connectDomainEventCallbackDeregisterAny', { callbackId });
      }
    });
    registration.turn = turn.catch(() => {});
    return turn;
  }

  #deliver(number: number, body: Reader): void {
    const name = eventByNumber.get(number);
    // An event that we have no row for was never asked for: a newer daemon's.
    if (name === undefined) return;
    const { domain, payload } = (domainEvents[name] as DomainEvent).message.decode(body);
    for (const listener of this.#registrations.get(name)?.listeners ?? []) {
      try {
        listener(domain, payload);
      } catch (error) {
        queueMicrotask(() => {
          throw error;
        });
      }
    }
  }
}

const eventByNumber = new Map<number, DomainEventName>(
  Object.entries(domainEvents).map(([name, { number }]) => [number, name as DomainEventName]),
);
