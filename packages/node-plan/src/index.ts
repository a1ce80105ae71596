/** What a node must do for a guest, decided as data. */
export {
  cdiDeviceName,
  cdiFileName,
  cdiSpec,
  type CdiDevice,
  deviceAccessOf,
  type DeviceAccess,
  type DeviceNodeFacts,
} from './cdi-spec.ts';
export {
  claimCdiFileName,
  claimCdiSpec,
  claimDeviceCdiName,
  claimRequestCdiName,
  type ClaimCdiOptions,
} from './claim-cdi-spec.ts';
export {
  DEVICE_METADATA_DIRECTORY,
  deviceMetadataPath,
  encodeDeviceMetadata,
  parseDeviceMetadata,
  type DeviceMetadata,
  type MetadataDevice,
} from './device-metadata.ts';
export {
  controllerCgroupOf,
  deviceCgroupOf,
  deviceRuleLine,
  withDeviceRule,
  withoutDeviceRule,
  type ControllerCgroup,
  type DeviceCgroup,
  type DeviceRule,
} from './cgroup.ts';
export { liftedCpuQuota, podCgroupPaths, restoredCpuQuota, type CpuQuota } from './cpu-limit.ts';
export { lockedMemoryBytes } from './memlock.ts';
export { labelChanges, nodeLabels, type NodeCapabilities } from './node-labels.ts';
export { pciPools, type PciPool, type PciPoolsInput, type PooledFunction } from './pci-pools.ts';
