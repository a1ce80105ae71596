/** From a VMI, the cluster's configuration and facts of the pod to libvirt's domain XML, and back. */
export {
  convertHostDevices,
  convertVmiToDomainXml,
  convertVmiToDomain,
  domainName,
  type HostDeviceXml,
} from './convert.ts';
export { ConversionError } from './conversion-error.ts';
export { efiImages } from './efi-images.ts';
export { element, renderXml, type Element } from './element.ts';
export {
  type DiskVolumeFacts,
  type DomainFacts,
  type EfiImage,
  type EfiKind,
  type HostDeviceFacts,
  type HostNumaCell,
  type TapFacts,
  type VolumeFacts,
} from './facts.ts';
export { readDomainXml, type DomainDescription } from './read.ts';
export { nvramPath } from './parts/operating-system.ts';
