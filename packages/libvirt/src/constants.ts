/** `virErrorNumber`: the codes that callers act on. */
export const ErrorCode = {
  internal: 1,
  operationDenied: 29,
  /** The daemon does not know the procedure. */
  rpc: 39,
  noDomain: 42,
  operationInvalid: 55,
  operationFailed: 9,
  operationTimeout: 68,
  configUnsupported: 67,
  operationAborted: 78,
  agentUnresponsive: 86,
} as const;

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
export const CreateFlag = { paused: 1, autodestroy: 2 } as const;
/** `virDomainDefineFlags`. */
export const DefineFlag = { validate: 1 } as const;
/** `virDomainDestroyFlagsValues`. */
export const DestroyFlag = { graceful: 1 } as const;
/** `virDomainShutdownFlagValues`. */
export const ShutdownFlag = { acpiPowerButton: 1, guestAgent: 2 } as const;
/** `virDomainModificationImpact`: what a change applies to. */
export const AffectFlag = { current: 0, live: 1, config: 2 } as const;
