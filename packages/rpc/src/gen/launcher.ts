// Generated from protos/quickvirt/launcher/v1/launcher.proto by `npm run generate`. Do not edit.

export type LauncherService = {
  /** Who the launcher is and what it can do. Answers as soon as the socket is open. */
  info: { request: InfoRequest; response: InfoResponse; kind: 'unary-unary' };
  /**
   * Brings the domain to what the VMI asks for: defines and starts it, or changes what can be changed.
   * Level-based: the same request again changes nothing. FAILED_PRECONDITION with a FieldError detail in the
   * status message when a field cannot be served; UNAVAILABLE while libvirtd is starting.
   */
  syncDomain: { request: SyncDomainRequest; response: SyncDomainResponse; kind: 'unary-unary' };
  /** Presses the guest's power button (ACPI). The guest may ignore it. */
  shutdownDomain: { request: ShutdownDomainRequest; response: ShutdownDomainResponse; kind: 'unary-unary' };
  /** Ends QEMU at once. */
  destroyDomain: { request: DestroyDomainRequest; response: DestroyDomainResponse; kind: 'unary-unary' };
  /** Stops the guest's CPUs; nothing changes for one that is paused. FAILED_PRECONDITION while no guest runs. */
  pauseDomain: { request: PauseDomainRequest; response: PauseDomainResponse; kind: 'unary-unary' };
  /**
   * Lets the guest's CPUs run again, also those of a guest that was started paused. FAILED_PRECONDITION while no guest
   * runs.
   */
  unpauseDomain: { request: UnpauseDomainRequest; response: UnpauseDomainResponse; kind: 'unary-unary' };
  /**
   * The domain's state: first a full snapshot, then one message a change, coalesced. Never ends by itself
   * while the launcher lives.
   */
  watchState: { request: WatchStateRequest; response: WatchStateResponse; kind: 'unary-stream' };
  /**
   * The guest's first serial port. The first response carries no data: the port is open. A newer session takes it
   * from an older one, which ends with ABORTED.
   */
  console: { request: ConsoleRequest; response: ConsoleResponse; kind: 'stream-stream' };
};

export interface InfoRequest {
}

export interface InfoResponse {
  /** Version of the launcher, as v1.9.0+quickvirt.X.Y.Z. */
  version: string;
  /** Names of what this launcher can do beyond the first release, for example "hotplug-host-device". */
  features: string[];
}

export interface SyncDomainRequest {
  /** The VirtualMachineInstance as JSON, UTF-8. */
  vmiJson: Buffer;
  /** The part of the cluster's configuration that a domain depends on, as JSON of DomainConfig in packages/config. */
  configJson: Buffer;
  facts: HandlerFacts | null;
}

/** What the handler knows and the launcher cannot. */
export interface HandlerFacts {
  taps: TapDevice[];
  hostDevices: HostDevice[];
}

/** A tap device that the handler made in the pod's network namespace. */
export interface TapDevice {
  /** Name of the interface in spec.domain.devices.interfaces. */
  interfaceName: string;
  /** Name of the tap device, for example "tap0". */
  deviceName: string;
  macAddress: string;
  mtu: number;
}

/** A PCI function that was given to the pod. */
export interface HostDevice {
  /** Name in spec.domain.devices.hostDevices or gpus. */
  name: string;
  /** Address as 0000:3d:01.0. */
  pciAddress: string;
}

export interface SyncDomainResponse {
  /** True when this call started the domain. */
  started: boolean;
}

export interface ShutdownDomainRequest {
}

export interface ShutdownDomainResponse {
}

export interface DestroyDomainRequest {
}

export interface DestroyDomainResponse {
}

export interface PauseDomainRequest {
}

export interface PauseDomainResponse {
}

export interface UnpauseDomainRequest {
}

export interface UnpauseDomainResponse {
}

export interface WatchStateRequest {
}

export interface WatchStateResponse {
  /** Grows by at least one with every change, from 1 when the launcher starts. */
  revision: number;
  state: DomainState | null;
}

export interface DomainState {
  /** Unset while no domain is defined. */
  phase: DomainPhase;
  /** libvirt's reason within the phase, for example "booted", "shutdown", "crashed", "destroyed". */
  reason: string;
  /** The libvirt domain's UUID, empty while there is none. */
  uuid: string;
  /** Machine type as libvirt resolved it, for example "pc-q35-7.2". */
  machineType: string;
  /** Guest memory in bytes as the domain has it now. */
  guestMemoryBytes: number;
  /** What went wrong in the last SyncDomain or on the host; empty when nothing did. */
  error: string;
  /** The domain XML of the running domain, for status. */
  domainXml: string;
  /** Where the guest sees the devices that were given to it, as QEMU tells: only those that its firmware has numbered. */
  guestPciDevices: GuestPciDevice[];
}

/** A device of the node in the guest. */
export interface GuestPciDevice {
  /** libvirt's alias, for example "ua-hostdevice-qat0". */
  alias: string;
  /** The guest's own address of it, as 0000:02:00.0. */
  pciAddress: string;
}

export type DomainPhase =
  | 'DOMAIN_PHASE_UNSPECIFIED'
  | 'DOMAIN_PHASE_RUNNING'
  | 'DOMAIN_PHASE_PAUSED'
  | 'DOMAIN_PHASE_SHUTTING_DOWN'
  | 'DOMAIN_PHASE_SHUT_OFF'
  | 'DOMAIN_PHASE_CRASHED';

export interface ConsoleRequest {
  data: Buffer;
}

export interface ConsoleResponse {
  data: Buffer;
}

/** For `Root.fromJSON` of protobufjs/light. */
export const descriptor = {"nested":{"quickvirt":{"nested":{"launcher":{"nested":{"v1":{"nested":{"LauncherService":{"methods":{"Info":{"requestType":"InfoRequest","responseType":"InfoResponse"},"SyncDomain":{"requestType":"SyncDomainRequest","responseType":"SyncDomainResponse"},"ShutdownDomain":{"requestType":"ShutdownDomainRequest","responseType":"ShutdownDomainResponse"},"DestroyDomain":{"requestType":"DestroyDomainRequest","responseType":"DestroyDomainResponse"},"PauseDomain":{"requestType":"PauseDomainRequest","responseType":"PauseDomainResponse"},"UnpauseDomain":{"requestType":"UnpauseDomainRequest","responseType":"UnpauseDomainResponse"},"WatchState":{"requestType":"WatchStateRequest","responseType":"WatchStateResponse","responseStream":true},"Console":{"requestType":"ConsoleRequest","requestStream":true,"responseType":"ConsoleResponse","responseStream":true}}},"InfoRequest":{"fields":{}},"InfoResponse":{"fields":{"version":{"type":"string","id":1},"features":{"rule":"repeated","type":"string","id":2}}},"SyncDomainRequest":{"fields":{"vmiJson":{"type":"bytes","id":1},"configJson":{"type":"bytes","id":2},"facts":{"type":"HandlerFacts","id":3}}},"HandlerFacts":{"fields":{"taps":{"rule":"repeated","type":"TapDevice","id":1},"hostDevices":{"rule":"repeated","type":"HostDevice","id":2}}},"TapDevice":{"fields":{"interfaceName":{"type":"string","id":1},"deviceName":{"type":"string","id":2},"macAddress":{"type":"string","id":3},"mtu":{"type":"uint32","id":4}}},"HostDevice":{"fields":{"name":{"type":"string","id":1},"pciAddress":{"type":"string","id":2}}},"SyncDomainResponse":{"fields":{"started":{"type":"bool","id":1}}},"ShutdownDomainRequest":{"fields":{}},"ShutdownDomainResponse":{"fields":{}},"DestroyDomainRequest":{"fields":{}},"DestroyDomainResponse":{"fields":{}},"PauseDomainRequest":{"fields":{}},"PauseDomainResponse":{"fields":{}},"UnpauseDomainRequest":{"fields":{}},"UnpauseDomainResponse":{"fields":{}},"WatchStateRequest":{"fields":{}},"WatchStateResponse":{"fields":{"revision":{"type":"uint64","id":1},"state":{"type":"DomainState","id":2}}},"DomainState":{"fields":{"phase":{"type":"DomainPhase","id":1},"reason":{"type":"string","id":2},"uuid":{"type":"string","id":3},"machineType":{"type":"string","id":4},"guestMemoryBytes":{"type":"uint64","id":5},"error":{"type":"string","id":6},"domainXml":{"type":"string","id":7},"guestPciDevices":{"rule":"repeated","type":"GuestPciDevice","id":8}}},"GuestPciDevice":{"fields":{"alias":{"type":"string","id":1},"pciAddress":{"type":"string","id":2}}},"DomainPhase":{"values":{"DOMAIN_PHASE_UNSPECIFIED":0,"DOMAIN_PHASE_RUNNING":1,"DOMAIN_PHASE_PAUSED":2,"DOMAIN_PHASE_SHUTTING_DOWN":3,"DOMAIN_PHASE_SHUT_OFF":4,"DOMAIN_PHASE_CRASHED":5}},"ConsoleRequest":{"fields":{"data":{"type":"bytes","id":1}}},"ConsoleResponse":{"fields":{"data":{"type":"bytes","id":1}}}}}}}}}}};

