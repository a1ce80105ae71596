import type { PciAddress } from './pci-address.ts';

/**
 * What is wrong with a card or a node, as one word that events, conditions and people can go by:
 * - `IommuDisabled`: no IOMMU translates for the device, so no guest may have it.
 * - `VfioModuleMissing`: the wanted vfio driver is not loaded and could not be.
 * - `QatDenylisted`: the kernel's vfio-pci refuses this generation for its errata, and nobody consented.
 * - `GroupNotViable`: the IOMMU group holds a device that a host driver uses.
 * - `QatPfDown`: the physical function has no driver, or its state is down.
 * - `VfCreateFailed`: the kernel refused to make virtual functions; `errno` says how.
 * - `BindFailed`: vfio did not take a virtual function, for none of the reasons above.
 * - `ServicesNotApplied`: the card runs other services than configured.
 * - `ForeignOwner`: another driver, plugin or person holds the device or its resource name.
 * - `HeartbeatLost`, `FatalErrors`: the card does not answer, or counted fatal errors.
 * - `DeviceNodeMissing`: bound, but `/dev/vfio` has no node for it.
 * - `TelemetryUnavailable`: the counters of how busy it is cannot be switched on; nothing else is amiss.
 * - `GroupInUse`: another device of the same IOMMU group is allocated.
 */
export type FindingCode =
  | 'IommuDisabled'
  | 'VfioModuleMissing'
  | 'QatDenylisted'
  | 'GroupNotViable'
  | 'QatPfDown'
  | 'VfCreateFailed'
  | 'BindFailed'
  | 'ServicesNotApplied'
  | 'ForeignOwner'
  | 'HeartbeatLost'
  | 'FatalErrors'
  | 'DeviceNodeMissing'
  | 'TelemetryUnavailable'
  | 'GroupInUse';

/** One thing that keeps a device from guests, and what to do about it. Plain data: equal facts give equal findings. */
export interface Finding {
  readonly code: FindingCode;
  /** `error`: the device is not offered. `warning`: it is, but somebody should look. */
  readonly severity: 'error' | 'warning';
  /** The function it is about, or `node`. What virtual functions share is said once, of their physical function. */
  readonly subject: PciAddress;
  /** What is the case, with the values that show it. One sentence. */
  readonly cause: string;
  /** What to do next. One or two sentences. */
  readonly remedy: string;
  /** Name of the kernel's error, such as `EBUSY`, when a write was refused. */
  readonly errno?: string;
}
