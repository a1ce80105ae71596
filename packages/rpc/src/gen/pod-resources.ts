// Generated from protos/kubelet/podresources/v1/podresources.proto by `npm run generate`. Do not edit.

/** Served by the kubelet on /var/lib/kubelet/pod-resources/kubelet.sock. */
export type PodResourcesLister = {
  list: { request: ListPodResourcesRequest; response: ListPodResourcesResponse; kind: 'unary-unary' };
  get: { request: GetPodResourcesRequest; response: GetPodResourcesResponse; kind: 'unary-unary' };
};

export interface ListPodResourcesRequest {
}

export interface ListPodResourcesResponse {
  podResources: PodResources[];
}

export interface GetPodResourcesRequest {
  podName: string;
  podNamespace: string;
}

export interface GetPodResourcesResponse {
  podResources: PodResources | null;
}

export interface PodResources {
  name: string;
  namespace: string;
  containers: ContainerResources[];
}

export interface ContainerResources {
  name: string;
  devices: ContainerDevices[];
  cpuIds: number[];
  dynamicResources: DynamicResource[];
}

export interface ContainerDevices {
  resourceName: string;
  deviceIds: string[];
}

export interface DynamicResource {
  claimName: string;
  claimNamespace: string;
  claimResources: ClaimResource[];
}

export interface ClaimResource {
  driverName: string;
  poolName: string;
  deviceName: string;
}

/** For `Root.fromJSON` of protobufjs/light. */
export const descriptor = {"nested":{"v1":{"nested":{"PodResourcesLister":{"methods":{"List":{"requestType":"ListPodResourcesRequest","responseType":"ListPodResourcesResponse"},"Get":{"requestType":"GetPodResourcesRequest","responseType":"GetPodResourcesResponse"}}},"ListPodResourcesRequest":{"fields":{}},"ListPodResourcesResponse":{"fields":{"podResources":{"rule":"repeated","type":"PodResources","id":1}}},"GetPodResourcesRequest":{"fields":{"podName":{"type":"string","id":1},"podNamespace":{"type":"string","id":2}}},"GetPodResourcesResponse":{"fields":{"podResources":{"type":"PodResources","id":1}}},"PodResources":{"fields":{"name":{"type":"string","id":1},"namespace":{"type":"string","id":2},"containers":{"rule":"repeated","type":"ContainerResources","id":3}}},"ContainerResources":{"fields":{"name":{"type":"string","id":1},"devices":{"rule":"repeated","type":"ContainerDevices","id":2},"cpuIds":{"rule":"repeated","type":"int64","id":3},"dynamicResources":{"rule":"repeated","type":"DynamicResource","id":5}}},"ContainerDevices":{"fields":{"resourceName":{"type":"string","id":1},"deviceIds":{"rule":"repeated","type":"string","id":2}}},"DynamicResource":{"fields":{"claimName":{"type":"string","id":2},"claimNamespace":{"type":"string","id":3},"claimResources":{"rule":"repeated","type":"ClaimResource","id":4}}},"ClaimResource":{"fields":{"driverName":{"type":"string","id":2},"poolName":{"type":"string","id":3},"deviceName":{"type":"string","id":4}}}}}}};

