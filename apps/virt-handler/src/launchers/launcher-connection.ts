import type { Clock } from '@quickvirt/kube';
import type { DomainState, LauncherClient } from '@quickvirt/rpc';
import type { Logger } from '@quickvirt/telemetry';
import type { LauncherDialer } from './launcher-dialer.ts';

/** What is known of a launcher. */
export type LauncherView =
  /** Its socket is not there yet, or it does not answer. */
  | { type: 'silent'; since: Date; error?: string }
  /** It answered: its domain as last told. */
  | { type: 'heard'; state: DomainState };

/** What SyncDomain last came to, for one wish. */
export type SyncOutcome =
  | { type: 'synced'; wish: string }
  /** The launcher cannot serve a field: asking again for the same cannot help. */
  | { type: 'refused'; wish: string; reason: string; message: string }
  | { type: 'failed'; wish: string; message: string; attempts: number; at: Date };

export interface LauncherConnectionOptions {
  dialer: LauncherDialer;
  podUid: string;
  /** Called after each change of what is known. */
  onChange: () => void;
  logger: Logger;
  clock: Clock;
}

/** A launcher may tell of its state so often a second: what it tells beyond that waits, in the end in its own coalescing. */
const MAX_STATES_A_SECOND = 20;
const FIRST_BACK_OFF_MS = 100;
const MAX_BACK_OFF_MS = 5_000;

/** One connection to one launcher pod: finds its socket, follows its state, and dials again when it is lost. */
export class LauncherConnection {
  readonly podUid: string;
  readonly openedAt: Date;
  view: LauncherView;
  syncOutcome: SyncOutcome | undefined;
  /** Whether the guest's shutdown was told. */
  shutdownTold = false;
  readonly #options: LauncherConnectionOptions;
  readonly #stop = new AbortController();
  #client: LauncherClient | undefined;
  #wasHeard = false;
  /** The second that states are counted in. */
  #second = { startMs: Number.NEGATIVE_INFINITY, states: 0 };

  constructor(options: LauncherConnectionOptions) {
    this.podUid = options.podUid;
    this.openedAt = options.clock.now();
    this.view = { type: 'silent', since: this.openedAt };
    this.#options = options;
  }

  /** The launcher's calls, while it is connected. */
  get client(): LauncherClient | undefined {
    return this.#client;
  }

  /** Keeps the record of a SyncDomain, and tells that something changed. */
  recordSync(outcome: SyncOutcome): void {
    this.syncOutcome = outcome;
    this.#options.onChange();
  }

  close(): void {
    this.#stop.abort(new Error('the connection to the launcher was closed'));
  }

  /** Connects and follows until closed. Never rejects. */
  async run(): Promise<void> {
    const { signal } = this.#stop;
    const { clock, logger } = this.#options;
    let backOffMs = FIRST_BACK_OFF_MS;
    while (!signal.aborted) {
      try {
        await this.#follow(signal, () => {
          backOffMs = FIRST_BACK_OFF_MS;
        });
        this.#fellSilent('the launcher ended its state stream');
      } catch (error) {
        if (signal.aborted) return;
        logger.debug('no connection to the launcher', { error, podUid: this.podUid });
        this.#fellSilent(error instanceof Error ? error.message : String(error));
      }
      await clock.sleep(backOffMs, signal).catch(() => undefined);
      backOffMs = Math.min(backOffMs * 2, MAX_BACK_OFF_MS);
    }
  }

  async #follow(signal: AbortSignal, onHeard: () => void): Promise<void> {
    const { dialer, onChange } = this.#options;
    // A launcher that was heard has opened its socket long ago: when that is gone, its pod is ending, and must not be held.
    await using line = this.#wasHeard
      ? await dialer.redial(this.podUid)
      : await dialer.awaitLauncher(this.podUid, signal);
    const { client } = line;
    try {
      for await (const { state } of client.watchState({}, { signal })) {
        if (state === null) continue;
        this.#client = client;
        this.#wasHeard = true;
        this.view = { type: 'heard', state };
        onHeard();
        onChange();
        await this.#slowDown(signal);
      }
    } finally {
      this.#client = undefined;
    }
  }

  /** Nothing for a launcher that behaves; one that floods is read at the bounded rate. */
  async #slowDown(signal: AbortSignal): Promise<void> {
    const { clock } = this.#options;
    const elapsedMs = clock.monotonicMs() - this.#second.startMs;
    if (elapsedMs >= 1000) this.#second = { startMs: clock.monotonicMs(), states: 0 };
    this.#second.states++;
    if (this.#second.states >= MAX_STATES_A_SECOND) await clock.sleep(1000 - Math.min(elapsedMs, 999), signal);
  }

  #fellSilent(error: string): void {
    const since = this.view.type === 'silent' ? this.view.since : this.#options.clock.now();
    this.view = { type: 'silent', since, error };
    this.#options.onChange();
  }
}
