import type { Int32 } from './scalars.ts';

/** Features of the hypervisor. */
export interface Features {
  /** ACPI tables, which power buttons and hot plug need. Default: on (off on s390x). */
  acpi?: FeatureState;
  /** Local interrupt controllers. */
  apic?: FeatureAPIC;
  /** Hyper-V enlightenments, which Windows runs better with. */
  hyperv?: FeatureHyperv;
  /** Turns on every Hyper-V enlightenment that the host has; the guest cannot be migrated then. */
  hypervPassthrough?: HyperVPassthrough;
  /** What the guest may know of KVM. */
  kvm?: FeatureKVM;
  /** Spin locks that let the hypervisor run another CPU while they wait. */
  pvspinlock?: FeatureState;
  /** System management mode, which Secure Boot needs. */
  smm?: FeatureState;
}

/** A feature that is on or off. */
export interface FeatureState {
  /** Whether the feature is on. Default: true where it is named. */
  enabled?: boolean;
}

/** Local interrupt controllers. */
export interface FeatureAPIC {
  /** Whether the guest has them. Default: true where the feature is named. */
  enabled?: boolean;
  /** Lets the guest signal the end of an interrupt without leaving guest mode. Default: false. */
  endOfInterrupt?: boolean;
}

/** Hyper-V enlightenments. Those that another one needs are turned on with it. */
export interface FeatureHyperv {
  /** Faster nested virtualisation on Intel CPUs; needs `vapic`. */
  evmcs?: FeatureState;
  /** TSC and APIC frequencies in registers. */
  frequencies?: FeatureState;
  /** Interrupts between virtual CPUs by hypercall; needs `vpindex`. */
  ipi?: FeatureState;
  /** Notice of a changed TSC frequency after a migration. */
  reenlightenment?: FeatureState;
  /** No crash of Windows when a timer is late because the host was busy. */
  relaxed?: FeatureState;
  /** Reset of the guest by the hypervisor. */
  reset?: FeatureState;
  /** Time that the guest's CPUs really ran. */
  runtime?: FeatureState;
  /** Notice to the hypervisor when a spin lock waits long. */
  spinlocks?: FeatureSpinlocks;
  /** Synthetic interrupt controller; needs `vpindex`. */
  synic?: FeatureState;
  /** Synthetic timers; needs `synic`. */
  synictimer?: SyNICTimer;
  /** TLB flush of other CPUs by hypercall; needs `vpindex`. */
  tlbflush?: TLBFlush;
  /** Faster access to the virtual APIC. */
  vapic?: FeatureState;
  /** Vendor name that the hypervisor gives itself. */
  vendorid?: FeatureVendorID;
  /** Index of each virtual CPU in a register. */
  vpindex?: FeatureState;
}

/** What the guest may know of KVM. */
export interface FeatureKVM {
  /** Hides KVM from the guest, which some drivers of passed-through GPUs need. Default: false. */
  hidden?: boolean;
}

/** Notice of long waits. */
export interface FeatureSpinlocks {
  /** Whether the feature is on. Default: true where it is named. */
  enabled?: boolean;
  /** Tries before the hypervisor is told; at least 4096. Default: 4096. */
  spinlocks?: Int32;
}

/** Vendor name of the hypervisor. */
export interface FeatureVendorID {
  /** Whether the feature is on. Default: true where it is named. */
  enabled?: boolean;
  /** The name, at most 12 characters. */
  vendorid?: string;
}

/** All Hyper-V enlightenments of the host. */
export interface HyperVPassthrough {
  /** Whether they are passed. Default: true where the feature is named. */
  enabled?: boolean;
}

/** Synthetic timers. */
export interface SyNICTimer {
  /** Lets timers signal without a message. */
  direct?: FeatureState;
  /** Whether the feature is on. Default: true where it is named. */
  enabled?: boolean;
}

/** TLB flush by hypercall. */
export interface TLBFlush {
  /** Lets a nested hypervisor's guest use it directly. */
  direct?: FeatureState;
  /** Whether the feature is on. Default: true where it is named. */
  enabled?: boolean;
  /** Flushes ranges of addresses. */
  extended?: FeatureState;
}
