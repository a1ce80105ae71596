import type { Logger } from '@quickvirt/telemetry';

/** What a recovery works with. */
export interface RecoveryPorts {
  /** Lets the guest's CPUs run; QEMU then does again what failed. */
  resume(): Promise<void>;
  /** Whether the guest's disks on this node can grow. */
  hasRoom(): Promise<boolean>;
  /** A clock that nobody sets. */
  monotonicMs(): number;
  /** Runs something once after a time; returns how to call it off. */
  after(delayMs: number, run: () => void): () => void;
}

const FIRST_DELAY_MS = 1_000;
/** The longest that a guest stands still although its disk would work again. */
const MAX_DELAY_MS = 30_000;
/** Nothing tells that a full disk has room again. */
const ASK_FOR_ROOM_MS = 5_000;
/** A guest that ran for so long had recovered: its next error is another one. */
const STEADY_MS = 60_000;

/**
 * Lets a guest run on that QEMU stopped because a disk failed (`error_policy='stop'`: it was full, or out of reach), so
 * that the guest sees a slow disk instead of a broken one. Tries again and again, ever more rarely; not while the node's
 * disk has no room.
 */
export class IoErrorRecovery {
  readonly #ports: RecoveryPorts;
  readonly #logger: Logger;
  #callOff: (() => void) | undefined;
  #attempts = 0;
  #resumedAtMs = Number.NEGATIVE_INFINITY;

  constructor(ports: RecoveryPorts, logger: Logger) {
    this.#ports = ports;
    this.#logger = logger;
  }

  /** @param stopped whether an I/O error keeps the guest from running, and nothing else does. */
  tell(stopped: boolean): void {
    if (!stopped) {
      this.#callOff?.();
      this.#callOff = undefined;
      return;
    }
    if (this.#callOff) return;
    if (this.#ports.monotonicMs() - this.#resumedAtMs > STEADY_MS) this.#attempts = 0;
    if (this.#attempts === 0) this.#logger.warn('an I/O error stopped the guest: it runs on once its disks work again');
    this.#tryAfter(Math.min(FIRST_DELAY_MS * 2 ** this.#attempts, MAX_DELAY_MS));
  }

  #tryAfter(delayMs: number): void {
    let calledOff = false;
    const cancel = this.#ports.after(delayMs, () => void this.#try(() => calledOff));
    this.#callOff = () => {
      calledOff = true;
      cancel();
    };
  }

  async #try(calledOff: () => boolean): Promise<void> {
    try {
      const room = await this.#ports.hasRoom();
      if (calledOff()) return;
      if (!room) return this.#tryAfter(ASK_FOR_ROOM_MS);
      this.#callOff = undefined;
      this.#attempts++;
      this.#resumedAtMs = this.#ports.monotonicMs();
      await this.#ports.resume();
      this.#logger.info('the guest runs on after an I/O error', { attempts: this.#attempts });
    } catch (error) {
      this.#logger.warn('the guest could not be let run after an I/O error', { error });
      if (calledOff()) return;
      this.#callOff = undefined;
      this.tell(true);
    }
  }
}
