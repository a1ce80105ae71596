import type { EmptyObject, Int32 } from './scalars.ts';

export type CPUFeaturePolicy = 'force' | 'require' | 'optional' | 'disable' | 'forbid';

export interface CPU {
  cores?: Int32;
  dedicatedCpuPlacement?: boolean;
  features?: CPUFeature[];
  isolateEmulatorThread?: boolean;
  maxSockets?: Int32;
  model?: string;
  numa?: NUMA;
  realtime?: Realtime;
  sockets?: Int32;
  threads?: Int32;
}

export interface CPUFeature {
  name: string;
  policy?: CPUFeaturePolicy;
}

export interface CPUTopology {
  cores?: Int32;
  sockets?: Int32;
  threads?: Int32;
}

export interface NUMA {
  guestMappingPassthrough?: EmptyObject;
}

export interface Realtime {
  mask?: string;
}
