/** What a node must do for a guest, decided as data. */
export {
  cdiDeviceName,
  cdiFileName,
  cdiSpec,
  deviceAccessOf,
  type DeviceAccess,
  type DeviceNodeFacts,
} from './cdi-spec.ts';
export { labelChanges, nodeLabels, type NodeCapabilities } from './node-labels.ts';
