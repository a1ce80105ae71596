/** `virErrorNumber`: the codes that callers act on. */
export const ErrorCode = { noDomain: 42, deviceMissing: 99 } as const;

/** `virDomainState`. */
export const DomainState = {
  noState: 0,
  running: 1,
  blocked: 2,
  paused: 3,
  shutdown: 4,
  shutoff: 5,
  crashed: 6,
  pmSuspended: 7,
} as const;
export type DomainState = (typeof DomainState)[keyof typeof DomainState];

/** `virDomainShutoffReason`: why a domain is off. */
export const ShutoffReason = {
  unknown: 0,
  shutdown: 1,
  destroyed: 2,
  crashed: 3,
  migrated: 4,
  saved: 5,
  failed: 6,
  fromSnapshot: 7,
  daemon: 8,
} as const;

/** `virDomainEventType`: what a lifecycle event tells. */
export const LifecycleEvent = {
  defined: 0,
  undefined: 1,
  started: 2,
  suspended: 3,
  resumed: 4,
  stopped: 5,
  shutdown: 6,
  pmSuspended: 7,
  crashed: 8,
} as const;

/** `virDomainCreateFlags`. */
export const CreateFlag = { paused: 1 } as const;
/** `virDomainModificationImpact`: what a change of devices changes. */
export const ModificationImpact = { live: 1, config: 2 } as const;
/** `virDomainShutdownFlagValues`. */
export const ShutdownFlag = { acpiPowerButton: 1, guestAgent: 2 } as const;
