import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { Hypervisor, LibvirtConnectionError } from '@quickvirt/libvirt';
import type { Logger } from '@quickvirt/telemetry';
import type { Libvirtd } from './libvirtd.ts';

/** Called at each connect, before anyone else gets the hypervisor: subscribes and reads what happened meanwhile. */
export type OnConnected = (hypervisor: Hypervisor) => Promise<void>;

/** Between an end of libvirtd and its next start, doubled each time it ends soon again. */
const FIRST_DELAY_MS = 50;
const MAX_DELAY_MS = 5_000;
/** A daemon that lived this long was well: the next one starts at once. */
const STEADY_MS = 10_000;

/**
 * Keeps libvirtd running and a connection to it. QEMU does not depend on libvirtd: when that dies or falls silent, it is
 * started again and finds the guest.
 */
export class HypervisorLink {
  readonly #libvirtd: Libvirtd;
  readonly #onConnected: OnConnected;
  readonly #logger: Logger;
  #current: Promise<Hypervisor>;
  #resolveCurrent!: (hypervisor: Hypervisor) => void;
  /** Why there is no connection, for who waits for one. */
  #lastError: unknown;

  constructor(libvirtd: Libvirtd, onConnected: OnConnected, logger: Logger) {
    this.#libvirtd = libvirtd;
    this.#onConnected = onConnected;
    this.#logger = logger;
    this.#current = this.#awaitNext();
  }

  /**
   * The hypervisor, as soon as it is connected.
   * @throws LibvirtConnectionError when that takes longer than `timeoutMs`.
   */
  async hypervisor(timeoutMs: number): Promise<Hypervisor> {
    const timeUp = new AbortController();
    const tooLong = delay(timeoutMs, undefined, { signal: timeUp.signal }).then(() => {
      const cause = this.#lastError;
      const detail = cause instanceof Error ? `: ${cause.message}` : '';
      throw new LibvirtConnectionError(`libvirtd did not answer within ${timeoutMs} ms${detail}`, { cause });
    });
    tooLong.catch(() => {});
    try {
      return await Promise.race([this.#current, tooLong]);
    } finally {
      timeUp.abort();
    }
  }

  /** Starts, connects, and does so again whenever the connection ends, until the signal. Then libvirtd is stopped. */
  async run(signal: AbortSignal): Promise<void> {
    let delayMs = FIRST_DELAY_MS;
    while (!signal.aborted) {
      const startedAt = performance.now();
      try {
        await this.#connectOnce(signal);
      } catch (error) {
        this.#lastError = error;
        this.#logger.error('libvirtd could not be started or connected to', { error });
      }
      await this.#libvirtd.stop();
      if (performance.now() - startedAt > STEADY_MS) delayMs = FIRST_DELAY_MS;
      await delay(delayMs, undefined, { signal }).catch(() => {});
      delayMs = Math.min(delayMs * 2, MAX_DELAY_MS);
    }
  }

  /** Returns when the connection has ended. */
  async #connectOnce(signal: AbortSignal): Promise<void> {
    await this.#libvirtd.start();
    const hypervisor = await openWhenListening(this.#libvirtd.paths.socket);
    try {
      await this.#onConnected(hypervisor);
      this.#resolveCurrent(hypervisor);
      this.#logger.info('connected to libvirtd');
      const reason = await Promise.race([hypervisor.closed, aborted(signal)]);
      if (reason) this.#logger.warn('the connection to libvirtd ended', { error: reason });
      this.#current = this.#awaitNext();
    } finally {
      await hypervisor.close();
    }
  }

  #awaitNext(): Promise<Hypervisor> {
    return new Promise((resolve) => {
      this.#resolveCurrent = resolve;
    });
  }
}

async function aborted(signal: AbortSignal): Promise<void> {
  if (!signal.aborted) await once(signal, 'abort');
}

/** The socket's file is there a moment before the daemon listens on it. */
async function openWhenListening(socketPath: string): Promise<Hypervisor> {
  const ATTEMPTS = 100;
  for (let attempt = 1; ; attempt++) {
    try {
      return await Hypervisor.open({ socketPath, uri: 'qemu:///session', maxInFlight: 16 });
    } catch (error) {
      const refused = (error as { cause?: NodeJS.ErrnoException }).cause?.code === 'ECONNREFUSED';
      if (!refused || attempt === ATTEMPTS) throw error;
      await delay(2);
    }
  }
}
