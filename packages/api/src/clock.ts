import type { Integer } from './scalars.ts';

export type RTCTimerTrack = 'guest' | 'wall';

export type TickPolicy = 'catchup' | 'delay' | 'discard' | 'merge';

export interface Clock {
  timer?: Timer;
  timezone?: string;
  utc?: ClockOffsetUTC;
}

export interface ClockOffset {
  timezone?: string;
  utc?: ClockOffsetUTC;
}

export interface ClockOffsetUTC {
  offsetSeconds?: Integer;
}

export interface Timer {
  hpet?: HPETTimer;
  hyperv?: HypervTimer;
  kvm?: KVMTimer;
  pit?: PITTimer;
  rtc?: RTCTimer;
}

export interface HPETTimer {
  present?: boolean;
  tickPolicy?: TickPolicy;
}

export interface HypervTimer {
  present?: boolean;
}

export interface KVMTimer {
  present?: boolean;
}

export interface PITTimer {
  present?: boolean;
  tickPolicy?: TickPolicy;
}

export interface RTCTimer {
  present?: boolean;
  tickPolicy?: TickPolicy;
  track?: RTCTimerTrack;
}
