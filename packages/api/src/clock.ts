import type { Integer } from './scalars.ts';

/** What the real-time clock follows. */
export type RTCTimerTrack = 'guest' | 'wall';

/** What a timer does about ticks that the guest missed. */
export type TickPolicy = 'catchup' | 'delay' | 'discard' | 'merge';

/** The guest's clock. One of `utc` and `timezone` is set. */
export interface Clock {
  /** Which timers the guest has, and how they catch up. */
  timer?: Timer;
  /** Time zone of the clock by its IANA name, for example `Europe/Athens`. */
  timezone?: string;
  /** The clock counts UTC. */
  utc?: ClockOffsetUTC;
}

/** What the clock counts. One of the members is set. */
export interface ClockOffset {
  /** Time zone of the clock by its IANA name. */
  timezone?: string;
  /** The clock counts UTC. */
  utc?: ClockOffsetUTC;
}

/** A clock that counts UTC. */
export interface ClockOffsetUTC {
  /** Seconds that the clock is ahead of UTC at the start. Default: 0, and the guest's own changes are kept. */
  offsetSeconds?: Integer;
}

/** Timers of the guest. */
export interface Timer {
  /** High precision event timer. */
  hpet?: HPETTimer;
  /** Hyper-V reference time page, for Windows. */
  hyperv?: HypervTimer;
  /** KVM clock, for Linux. */
  kvm?: KVMTimer;
  /** Programmable interval timer. */
  pit?: PITTimer;
  /** Real-time clock. */
  rtc?: RTCTimer;
}

/** High precision event timer. */
export interface HPETTimer {
  /** Whether the guest has it. Default: true where the timer is named. */
  present?: boolean;
  /** What happens to missed ticks: `delay`, `catchup`, `merge` or `discard`. Default: `delay`. */
  tickPolicy?: TickPolicy;
}

/** Hyper-V reference time. */
export interface HypervTimer {
  /** Whether the guest has it. Default: true where the timer is named. */
  present?: boolean;
}

/** KVM clock. */
export interface KVMTimer {
  /** Whether the guest has it. Default: true where the timer is named. */
  present?: boolean;
}

/** Programmable interval timer. */
export interface PITTimer {
  /** Whether the guest has it. Default: true where the timer is named. */
  present?: boolean;
  /** What happens to missed ticks: `delay`, `catchup` or `discard`. Default: `delay`. */
  tickPolicy?: TickPolicy;
}

/** Real-time clock. */
export interface RTCTimer {
  /** Whether the guest has it. Default: true where the timer is named. */
  present?: boolean;
  /** What happens to missed ticks: `delay` or `catchup`. Default: `delay`. */
  tickPolicy?: TickPolicy;
  /**
   * Whether the clock follows the guest's running time (`guest`) or the host's wall clock (`wall`). Default: `guest`.
   */
  track?: RTCTimerTrack;
}
