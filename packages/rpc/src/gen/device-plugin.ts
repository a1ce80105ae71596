// Generated from protos/kubelet/deviceplugin/v1beta1/deviceplugin.proto by `npm run generate`. Do not edit.

/** Served by the kubelet on /var/lib/kubelet/device-plugins/kubelet.sock. */
export type Registration = {
  register: { request: RegisterRequest; response: Empty; kind: 'unary-unary' };
};

/** Served by the plugin on a socket beside the kubelet's. */
export type DevicePlugin = {
  getDevicePluginOptions: { request: Empty; response: DevicePluginOptions; kind: 'unary-unary' };
  /** All devices at once, and all again at each change. Ends only with the plugin. */
  listAndWatch: { request: Empty; response: ListAndWatchResponse; kind: 'unary-stream' };
  /** Only called when the options say so. */
  getPreferredAllocation: { request: PreferredAllocationRequest; response: PreferredAllocationResponse; kind: 'unary-unary' };
  /** Before a container starts: what the runtime must add to it. */
  allocate: { request: AllocateRequest; response: AllocateResponse; kind: 'unary-unary' };
  /** Only called when the options say so. */
  preStartContainer: { request: PreStartContainerRequest; response: PreStartContainerResponse; kind: 'unary-unary' };
};

export interface Empty {
}

export interface DevicePluginOptions {
  preStartRequired: boolean;
  getPreferredAllocationAvailable: boolean;
}

export interface RegisterRequest {
  /** Always "v1beta1". */
  version: string;
  /** File name of the plugin's socket in the kubelet's directory. */
  endpoint: string;
  /** For example "devices.kubevirt.io/kvm". */
  resourceName: string;
  options: DevicePluginOptions | null;
}

export interface ListAndWatchResponse {
  devices: Device[];
}

export interface Device {
  /** At most 63 characters. */
  ID: string;
  /** "Healthy" or "Unhealthy". */
  health: string;
  topology: TopologyInfo | null;
}

export interface TopologyInfo {
  nodes: NUMANode[];
}

export interface NUMANode {
  ID: number;
}

export interface PreferredAllocationRequest {
  containerRequests: ContainerPreferredAllocationRequest[];
}

export interface ContainerPreferredAllocationRequest {
  availableDeviceIDs: string[];
  mustIncludeDeviceIDs: string[];
  allocationSize: number;
}

export interface PreferredAllocationResponse {
  containerResponses: ContainerPreferredAllocationResponse[];
}

export interface ContainerPreferredAllocationResponse {
  deviceIDs: string[];
}

export interface AllocateRequest {
  containerRequests: ContainerAllocateRequest[];
}

export interface ContainerAllocateRequest {
  devicesIds: string[];
}

export interface AllocateResponse {
  containerResponses: ContainerAllocateResponse[];
}

export interface ContainerAllocateResponse {
  envs: Record<string, string>;
  mounts: Mount[];
  devices: DeviceSpec[];
  annotations: Record<string, string>;
  cdiDevices: CDIDevice[];
}

export interface Mount {
  containerPath: string;
  hostPath: string;
  readOnly: boolean;
}

export interface DeviceSpec {
  containerPath: string;
  hostPath: string;
  /** Of "r", "w" and "m" (mknod). */
  permissions: string;
}

export interface CDIDevice {
  /** Fully qualified, for example "vendor.com/class=name". */
  name: string;
}

export interface PreStartContainerRequest {
  devicesIds: string[];
}

export interface PreStartContainerResponse {
}

/** For `Root.fromJSON` of protobufjs/light. */
export const descriptor = {"nested":{"v1beta1":{"nested":{"Registration":{"methods":{"Register":{"requestType":"RegisterRequest","responseType":"Empty"}}},"DevicePlugin":{"methods":{"GetDevicePluginOptions":{"requestType":"Empty","responseType":"DevicePluginOptions"},"ListAndWatch":{"requestType":"Empty","responseType":"ListAndWatchResponse","responseStream":true},"GetPreferredAllocation":{"requestType":"PreferredAllocationRequest","responseType":"PreferredAllocationResponse"},"Allocate":{"requestType":"AllocateRequest","responseType":"AllocateResponse"},"PreStartContainer":{"requestType":"PreStartContainerRequest","responseType":"PreStartContainerResponse"}}},"Empty":{"fields":{}},"DevicePluginOptions":{"fields":{"preStartRequired":{"type":"bool","id":1},"getPreferredAllocationAvailable":{"type":"bool","id":2}}},"RegisterRequest":{"fields":{"version":{"type":"string","id":1},"endpoint":{"type":"string","id":2},"resourceName":{"type":"string","id":3},"options":{"type":"DevicePluginOptions","id":4}}},"ListAndWatchResponse":{"fields":{"devices":{"rule":"repeated","type":"Device","id":1}}},"Device":{"fields":{"ID":{"type":"string","id":1},"health":{"type":"string","id":2},"topology":{"type":"TopologyInfo","id":3}}},"TopologyInfo":{"fields":{"nodes":{"rule":"repeated","type":"NUMANode","id":1}}},"NUMANode":{"fields":{"ID":{"type":"int64","id":1}}},"PreferredAllocationRequest":{"fields":{"containerRequests":{"rule":"repeated","type":"ContainerPreferredAllocationRequest","id":1}}},"ContainerPreferredAllocationRequest":{"fields":{"availableDeviceIDs":{"rule":"repeated","type":"string","id":1},"mustIncludeDeviceIDs":{"rule":"repeated","type":"string","id":2},"allocationSize":{"type":"int32","id":3}}},"PreferredAllocationResponse":{"fields":{"containerResponses":{"rule":"repeated","type":"ContainerPreferredAllocationResponse","id":1}}},"ContainerPreferredAllocationResponse":{"fields":{"deviceIDs":{"rule":"repeated","type":"string","id":1}}},"AllocateRequest":{"fields":{"containerRequests":{"rule":"repeated","type":"ContainerAllocateRequest","id":1}}},"ContainerAllocateRequest":{"fields":{"devicesIds":{"rule":"repeated","type":"string","id":1}}},"AllocateResponse":{"fields":{"containerResponses":{"rule":"repeated","type":"ContainerAllocateResponse","id":1}}},"ContainerAllocateResponse":{"fields":{"envs":{"keyType":"string","type":"string","id":1},"mounts":{"rule":"repeated","type":"Mount","id":2},"devices":{"rule":"repeated","type":"DeviceSpec","id":3},"annotations":{"keyType":"string","type":"string","id":4},"cdiDevices":{"rule":"repeated","type":"CDIDevice","id":5}}},"Mount":{"fields":{"containerPath":{"type":"string","id":1},"hostPath":{"type":"string","id":2},"readOnly":{"type":"bool","id":3}}},"DeviceSpec":{"fields":{"containerPath":{"type":"string","id":1},"hostPath":{"type":"string","id":2},"permissions":{"type":"string","id":3}}},"CDIDevice":{"fields":{"name":{"type":"string","id":1}}},"PreStartContainerRequest":{"fields":{"devicesIds":{"rule":"repeated","type":"string","id":1}}},"PreStartContainerResponse":{"fields":{}}}}}};

