/** What a node must do for a guest, decided as data. */
export {
  cdiDeviceName,
  cdiDeviceNode,
  cdiFileName,
  cdiSpec,
  type CdiDevice,
  deviceAccessOf,
  type DeviceAccess,
  type DeviceNodeFacts,
} from './cdi-spec.ts';
export { labelChanges, nodeLabels, type NodeCapabilities } from './node-labels.ts';
export { groupNodeNames, pciPools, type PciPool, type PciPoolsInput, type PooledFunction } from './pci-pools.ts';
