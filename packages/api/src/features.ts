import type { Int32 } from './scalars.ts';

export interface Features {
  acpi?: FeatureState;
  apic?: FeatureAPIC;
  hyperv?: FeatureHyperv;
  hypervPassthrough?: HyperVPassthrough;
  kvm?: FeatureKVM;
  pvspinlock?: FeatureState;
  smm?: FeatureState;
}

export interface FeatureState {
  enabled?: boolean;
}

export interface FeatureAPIC {
  enabled?: boolean;
  endOfInterrupt?: boolean;
}

export interface FeatureHyperv {
  evmcs?: FeatureState;
  frequencies?: FeatureState;
  ipi?: FeatureState;
  reenlightenment?: FeatureState;
  relaxed?: FeatureState;
  reset?: FeatureState;
  runtime?: FeatureState;
  spinlocks?: FeatureSpinlocks;
  synic?: FeatureState;
  synictimer?: SyNICTimer;
  tlbflush?: TLBFlush;
  vapic?: FeatureState;
  vendorid?: FeatureVendorID;
  vpindex?: FeatureState;
}

export interface FeatureKVM {
  hidden?: boolean;
}

export interface FeatureSpinlocks {
  enabled?: boolean;
  spinlocks?: Int32;
}

export interface FeatureVendorID {
  enabled?: boolean;
  vendorid?: string;
}

export interface HyperVPassthrough {
  enabled?: boolean;
}

export interface SyNICTimer {
  direct?: FeatureState;
  enabled?: boolean;
}

export interface TLBFlush {
  direct?: FeatureState;
  enabled?: boolean;
  extended?: FeatureState;
}
