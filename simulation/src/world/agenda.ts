import type { Random } from '../random.ts';

/** Whose work it is: when a process crashes, its own goes with it. */
export interface Owner {
  readonly name: string;
}

/** Something that can happen now. */
interface Task {
  readonly owner: Owner;
  readonly label: string;
  readonly run: () => void;
}

interface Timer extends Task {
  dueMs: number;
  readonly order: number;
}

/**
 * What may happen next, and when. Of what may happen now one thing is drawn by chance; time passes a little with each,
 * and jumps to the next timer when there is nothing else to do, now and then also when there is.
 */
export class Agenda {
  readonly #random: Random;
  readonly #tasks: Task[] = [];
  /** By due time, the latest first. */
  readonly #timers: Timer[] = [];
  /** Owners that stand still, and what waits for them to go on. */
  readonly #paused = new Map<Owner, Task[]>();
  #order = 0;
  #nowMs = 0;

  constructor(random: Random) {
    this.#random = random;
  }

  /** Milliseconds since the world began. */
  get nowMs(): number {
    return this.#nowMs;
  }

  /** Whether something can happen without waiting for a timer. */
  get isBusy(): boolean {
    return this.#tasks.length > 0;
  }

  /** When the next timer is due. */
  get nextDueMs(): number | undefined {
    return this.#timers.at(-1)?.dueMs;
  }

  add(owner: Owner, label: string, run: () => void): void {
    this.#mayHappen({ owner, label, run });
  }

  /** Whether something of this owner could happen now, or waits for it to go on. */
  isBusyFor(owner: Owner): boolean {
    return this.#paused.has(owner) || this.#tasks.some((task) => task.owner === owner);
  }

  /** Nothing of this owner happens until it is resumed: what could happen waits. */
  pause(owner: Owner): void {
    if (!this.#paused.has(owner)) this.#paused.set(owner, takeOf(owner, this.#tasks));
  }

  /** @param lostMs so far the owner's clock fell behind: its timers are due later by as much. */
  resume(owner: Owner, lostMs: number): void {
    const waiting = this.#paused.get(owner) ?? [];
    this.#paused.delete(owner);
    const timers = lostMs > 0 ? [...takeOf(owner, this.#timers), ...waiting.filter(isTimer)] : [];
    for (const timer of timers) {
      timer.dueMs += lostMs;
      this.#schedule(timer);
    }
    this.#tasks.push(...waiting.filter((task) => !(timers as Task[]).includes(task)));
  }

  /** The answer cancels it. */
  after(owner: Owner, label: string, delayMs: number, run: () => void): () => void {
    const timer: Timer = { owner, label, run, dueMs: this.#nowMs + Math.max(0, delayMs), order: this.#order++ };
    this.#schedule(timer);
    return () => this.#drop(timer);
  }

  /** Forgets all that belongs to an owner. */
  forget(owner: Owner): void {
    for (const list of [this.#tasks, this.#timers]) takeOf(owner, list as Task[]);
    this.#paused.delete(owner);
  }

  /**
   * Takes one thing that happens next; undefined when nothing ever will.
   * @param jump how likely time jumps to the next timer although something else could happen.
   */
  next(jump: number): Task | undefined {
    if (this.#timers.length > 0 && (this.#tasks.length === 0 || this.#random.chance(jump))) {
      this.#nowMs = Math.max(this.#nowMs, this.nextDueMs ?? 0);
    } else {
      this.#nowMs += this.#random.between(0, 8);
    }
    for (let timer = this.#timers.at(-1); timer && timer.dueMs <= this.#nowMs; timer = this.#timers.at(-1)) {
      this.#timers.pop();
      this.#mayHappen(timer);
    }
    const index = this.#random.below(this.#tasks.length);
    const task = this.#tasks[index];
    const last = this.#tasks.pop();
    if (last !== undefined && last !== task) this.#tasks[index] = last;
    return task;
  }

  #mayHappen(task: Task): void {
    (this.#paused.get(task.owner) ?? this.#tasks).push(task);
  }

  #schedule(timer: Timer): void {
    let index = this.#timers.length;
    while (index > 0 && firesBefore(this.#timers[index - 1] as Timer, timer)) index--;
    this.#timers.splice(index, 0, timer);
  }

  #drop(timer: Timer): void {
    for (const list of [this.#timers as Task[], this.#tasks, this.#paused.get(timer.owner) ?? []]) {
      const index = list.indexOf(timer);
      if (index >= 0) list.splice(index, 1);
    }
  }
}

/** Takes what is an owner's out of a list. */
function takeOf<T extends Task>(owner: Owner, list: T[]): T[] {
  const taken = list.filter((task) => task.owner === owner);
  if (taken.length > 0) list.splice(0, list.length, ...list.filter((task) => task.owner !== owner));
  return taken;
}

function isTimer(task: Task): task is Timer {
  return 'dueMs' in task;
}

function firesBefore(timer: Timer, other: Timer): boolean {
  return timer.dueMs < other.dueMs || (timer.dueMs === other.dueMs && timer.order < other.order);
}
