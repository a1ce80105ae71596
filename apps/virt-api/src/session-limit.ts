export interface SessionLimits {
  /** Sessions of one VMI. */
  perVmi: number;
  /** Sessions of the whole process. */
  total: number;
}

/** Counts the streams that are open, so that no client can take all of a process' memory or sockets. */
export class SessionLimiter {
  readonly #limits: SessionLimits;
  readonly #byVmi = new Map<string, number>();
  #total = 0;

  constructor(limits: SessionLimits) {
    this.#limits = limits;
  }

  /** Takes a place for one session of a VMI. Undefined when there is none; else the function that gives it back. */
  open(key: string): (() => void) | undefined {
    const count = this.#byVmi.get(key) ?? 0;
    if (count >= this.#limits.perVmi || this.#total >= this.#limits.total) return undefined;
    this.#byVmi.set(key, count + 1);
    this.#total += 1;
    let isOpen = true;
    return () => {
      if (!isOpen) return;
      isOpen = false;
      this.#total -= 1;
      const left = (this.#byVmi.get(key) ?? 1) - 1;
      if (left === 0) this.#byVmi.delete(key);
      else this.#byVmi.set(key, left);
    };
  }

  get size(): number {
    return this.#total;
  }
}
