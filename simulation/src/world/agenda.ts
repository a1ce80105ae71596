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
  readonly dueMs: number;
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
    this.#tasks.push({ owner, label, run });
  }

  /** The answer cancels it. */
  after(owner: Owner, label: string, delayMs: number, run: () => void): () => void {
    const timer: Timer = { owner, label, run, dueMs: this.#nowMs + Math.max(0, delayMs), order: this.#order++ };
    let index = this.#timers.length;
    while (index > 0 && firesBefore(this.#timers[index - 1] as Timer, timer)) index--;
    this.#timers.splice(index, 0, timer);
    return () => {
      const at = this.#timers.indexOf(timer);
      if (at >= 0) this.#timers.splice(at, 1);
      else this.#drop(timer);
    };
  }

  /** Forgets all that belongs to an owner. */
  forget(owner: Owner): void {
    for (const list of [this.#tasks, this.#timers]) {
      for (let index = list.length - 1; index >= 0; index--) if (list[index]?.owner === owner) list.splice(index, 1);
    }
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
      this.#tasks.push(timer);
    }
    const index = this.#random.below(this.#tasks.length);
    const task = this.#tasks[index];
    const last = this.#tasks.pop();
    if (last !== undefined && last !== task) this.#tasks[index] = last;
    return task;
  }

  #drop(task: Task): void {
    const index = this.#tasks.indexOf(task);
    if (index >= 0) this.#tasks.splice(index, 1);
  }
}

function firesBefore(timer: Timer, other: Timer): boolean {
  return timer.dueMs < other.dueMs || (timer.dueMs === other.dueMs && timer.order < other.order);
}
