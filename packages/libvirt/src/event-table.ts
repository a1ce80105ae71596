import { domainRef, type DomainRef } from './remote-types.ts';
import { typedParam } from './typed-params.ts';
import { array, codec, i32, i64, opt, str, struct, u32, u64, type Codec, type Decoded } from './xdr.ts';

/** One domain event: its `virDomainEventID`, the procedure number of its message, and the message. */
export interface DomainEvent<P = unknown> {
  id: number;
  number: number;
  message: Codec<EventMessage<P>>;
}

/** An event as it came: which domain, and what. */
interface EventMessage<P = unknown> {
  domain: DomainRef;
  payload: P;
}

type Fields = Record<string, Codec<unknown>>;

function event<F extends Fields>(
  id: number,
  number: number,
  fields: F,
): DomainEvent<{ [K in keyof F]: Decoded<F[K]> }> {
  const body = struct(fields);
  // callbackID and domain precede the payload in every message; the older ones differ in nesting only, which XDR does
  // not show. Who listens is found by the event, see subscriptions.ts.
  const message = codec<EventMessage<Decoded<typeof body>>>(
    i32.minBytes + domainRef.minBytes + body.minBytes,
    (writer, { domain, payload }) => {
      writer.int32(0);
      domainRef.encode(writer, domain);
      body.encode(writer, payload);
    },
    (reader) => {
      reader.int32();
      return { domain: domainRef.decode(reader), payload: body.decode(reader) };
    },
  );
  return { id, number, message };
}

/** pmwakeup and pmsuspend: the reason stands before the domain. */
function eventWithReason(id: number, number: number): DomainEvent<{ reason: number }> {
  const message = codec<EventMessage<{ reason: number }>>(
    2 * i32.minBytes + domainRef.minBytes,
    (writer, { domain, payload }) => {
      writer.int32(0);
      writer.int32(payload.reason);
      domainRef.encode(writer, domain);
    },
    (reader) => {
      reader.int32();
      const reason = reader.int32();
      return { domain: domainRef.decode(reader), payload: { reason } };
    },
  );
  return { id, number, message };
}

/** The domain events of libvirt 9.0 (`virDomainEventID`, `remote_protocol.x`); a row is only ever added. */
export const domainEvents = {
  lifecycle: event(0, 318, { event: i32, detail: i32 }),
  reboot: event(1, 319, {}),
  rtcChange: event(2, 320, { offsetSeconds: i64 }),
  watchdog: event(3, 321, { action: i32 }),
  ioErrorReason: event(6, 324, { sourcePath: str, deviceAlias: str, action: i32, reason: str }),
  trayChange: event(10, 328, { deviceAlias: str, reason: i32 }),
  pmWakeup: eventWithReason(11, 329),
  pmSuspend: eventWithReason(12, 330),
  balloonChange: event(13, 331, { actualKib: u64 }),
  deviceRemoved: event(15, 333, { deviceAlias: str }),
  blockJob: event(16, 339, { target: str, type: i32, status: i32 }),
  tunable: event(17, 346, { params: array(typedParam) }),
  agentLifecycle: event(18, 348, { state: i32, reason: i32 }),
  deviceAdded: event(19, 354, { deviceAlias: str }),
  migrationIteration: event(20, 359, { iteration: i32 }),
  jobCompleted: event(21, 363, { params: array(typedParam) }),
  deviceRemovalFailed: event(22, 367, { deviceAlias: str }),
  blockThreshold: event(24, 385, { device: str, path: opt(str), threshold: u64, excess: u64 }),
  memoryFailure: event(25, 423, { recipient: i32, action: i32, flags: u32 }),
  memoryDeviceSizeChange: event(26, 438, { alias: str, sizeKib: u64 }),
};

export type DomainEventName = keyof typeof domainEvents;
type MessageOf<K extends DomainEventName> = Decoded<(typeof domainEvents)[K]['message']>;
/** What an event carries beside its domain. */
export type EventPayload<K extends DomainEventName> = MessageOf<K>['payload'];
