import type { Clock } from '@quickvirt/kube';
import type { Logger } from '@quickvirt/telemetry';
import type { World } from '../world/world.ts';

/** So long a leader's Lease lasts: after that whoever stood still has found out. */
const LEASE_MS = 15_000;

/**
 * A process of ours: what it waits for dies with it. Its code is only ever parked at a promise when something happens, so
 * a crash is the end of all answers: nothing of it runs again.
 */
export class Process {
  readonly name: string;
  readonly nodeName: string | undefined;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly random: () => number;
  readonly #world: World;
  readonly #stop = new AbortController();
  readonly #onEnd: (() => void)[] = [];
  #alive = true;
  #isStopping = false;
  /** Since when it stands still. */
  #pausedAtMs: number | undefined;
  /** So far its monotonic clock is behind. */
  #lostMs = 0;
  #blindUntilMs = 0;
  /** What an NTP step did to its wall clock. */
  #clockErrorMs = 0;

  /** @param nodeName the node that it runs on, and whose network it uses; left out, a node that never fails. */
  constructor(world: World, name: string, nodeName?: string) {
    this.name = name;
    this.nodeName = nodeName;
    this.#world = world;
    this.clock = this.#makeClock();
    this.logger = this.#makeLogger();
    this.random = () => world.random.next();
  }

  get alive(): boolean {
    return this.#alive;
  }

  /** Whether it was told to stop. */
  get isStopping(): boolean {
    return this.#isStopping;
  }

  /** Whether it cannot know how late it is: its clock stood still with it a moment ago. */
  get isBlind(): boolean {
    return this.#world.agenda.nowMs < this.#blindUntilMs;
  }

  /** Whether it stands still, or has not done yet what was due. */
  get isBehind(): boolean {
    return this.#world.agenda.isBusyFor(this);
  }

  /** Aborted by an orderly stop; a crash tells nobody. */
  get signal(): AbortSignal {
    return this.#stop.signal;
  }

  /** Runs `end` when the process is gone. */
  onEnd(end: () => void): void {
    this.#onEnd.push(end);
  }

  crash(): void {
    if (!this.#alive) return;
    this.#alive = false;
    this.#world.agenda.forget(this);
    for (const end of this.#onEnd) end();
  }

  /** Asks it to stop, as SIGTERM does. */
  stop(): void {
    if (!this.#alive || this.#isStopping) return;
    this.#isStopping = true;
    this.soon(`${this.name} gets SIGTERM`, () => this.#stop.abort(new Error('SIGTERM')));
  }

  /** It gets no processor time: a long collection of garbage, a machine that is overcommitted, or paused itself. */
  pause(): void {
    if (!this.#alive || this.#pausedAtMs !== undefined) return;
    this.#pausedAtMs = this.#world.agenda.nowMs;
    this.#world.agenda.pause(this);
  }

  /** @param clockStopped its clocks stood still, too, as those of a paused virtual machine do. */
  resume(clockStopped: boolean): void {
    if (!this.#alive || this.#pausedAtMs === undefined) return;
    const pausedMs = this.#world.agenda.nowMs - this.#pausedAtMs;
    this.#pausedAtMs = undefined;
    if (clockStopped) {
      this.#lostMs += pausedMs;
      this.#clockErrorMs -= pausedMs;
      this.#blindUntilMs = this.#world.agenda.nowMs + LEASE_MS;
    }
    this.#world.agenda.resume(this, clockStopped ? pausedMs : 0);
  }

  /** Its wall clock jumps. */
  stepClock(byMs: number): void {
    this.#clockErrorMs += byMs;
  }

  /** NTP has the last word. */
  setClockRight(): void {
    this.#clockErrorMs = 0;
  }

  /** Something that happens to this process, and to no later one. */
  soon(label: string, run: () => void): void {
    if (this.#alive) this.#world.agenda.add(this, label, run);
  }

  #makeClock(): Clock {
    const { agenda } = this.#world;
    const after = (delayMs: number, run: () => void) => {
      if (!this.#alive) return () => undefined;
      return agenda.after(this, 'timer', delayMs, run);
    };
    return {
      now: () => new Date(this.#world.wallMs() + this.#clockErrorMs),
      monotonicMs: () => agenda.nowMs - this.#lostMs,
      after,
      sleep: (delayMs, signal) =>
        new Promise((resolve, reject) => {
          if (signal?.aborted) return reject(signal.reason as Error);
          const abort = () => {
            cancel();
            reject(signal?.reason as Error);
          };
          const cancel = after(delayMs, () => {
            signal?.removeEventListener('abort', abort);
            resolve();
          });
          signal?.addEventListener('abort', abort, { once: true });
        }),
    };
  }

  #makeLogger(): Logger {
    const { trace } = this.#world;
    const say = (level: string) => (message: string, fields?: Record<string, unknown>) => {
      trace?.(() => `${this.name} ${level}: ${message}${errorOf(fields)}`);
    };
    const quiet = () => undefined;
    const logger: Logger = {
      debug: trace ? say('debug') : quiet,
      info: trace ? say('info') : quiet,
      warn: trace ? say('warn') : quiet,
      error: trace ? say('error') : quiet,
      child: () => logger,
    };
    return logger;
  }
}

function errorOf(fields: Record<string, unknown> | undefined): string {
  const error = fields?.['error'];
  return error instanceof Error ? ` (${error.message})` : '';
}
