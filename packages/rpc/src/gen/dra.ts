// Generated from protos/kubelet/dra/v1/dra.proto by `npm run generate`. Do not edit.

/** Served by the driver on a socket of its own, which its registration names. */
export type DRAPlugin = {
  /** Before a pod starts: what the runtime must add for its claims. Idempotent; asked again for claims that failed. */
  nodePrepareResources: { request: NodePrepareResourcesRequest; response: NodePrepareResourcesResponse; kind: 'unary-unary' };
  /** When the last pod that uses a claim is gone. Idempotent. */
  nodeUnprepareResources: { request: NodeUnprepareResourcesRequest; response: NodeUnprepareResourcesResponse; kind: 'unary-unary' };
};

export interface NodePrepareResourcesRequest {
  claims: Claim[];
}

export interface NodePrepareResourcesResponse {
  /** By the claim's UID; every claim of the request must be here. */
  claims: Record<string, NodePrepareResourceResponse>;
}

export interface NodePrepareResourceResponse {
  devices: Device[];
  /** Why this claim could not be prepared; empty when it was. */
  error: string;
}

export interface Device {
  /** Requests of the claim that the device is for; none means all. */
  requestNames: string[];
  poolName: string;
  deviceName: string;
  /** Qualified CDI names, `vendor/class=device`. */
  cdiDeviceIds: string[];
}

export interface NodeUnprepareResourcesRequest {
  claims: Claim[];
}

export interface NodeUnprepareResourcesResponse {
  /** By the claim's UID; every claim of the request must be here. */
  claims: Record<string, NodeUnprepareResourceResponse>;
}

export interface NodeUnprepareResourceResponse {
  /** Why this claim is still prepared; empty when it is not. */
  error: string;
}

export interface Claim {
  namespace: string;
  uid: string;
  name: string;
}

/** For `Root.fromJSON` of protobufjs/light. */
export const descriptor = {"nested":{"k8s":{"nested":{"io":{"nested":{"kubelet":{"nested":{"pkg":{"nested":{"apis":{"nested":{"dra":{"nested":{"v1":{"nested":{"DRAPlugin":{"methods":{"NodePrepareResources":{"requestType":"NodePrepareResourcesRequest","responseType":"NodePrepareResourcesResponse"},"NodeUnprepareResources":{"requestType":"NodeUnprepareResourcesRequest","responseType":"NodeUnprepareResourcesResponse"}}},"NodePrepareResourcesRequest":{"fields":{"claims":{"rule":"repeated","type":"Claim","id":1}}},"NodePrepareResourcesResponse":{"fields":{"claims":{"keyType":"string","type":"NodePrepareResourceResponse","id":1}}},"NodePrepareResourceResponse":{"fields":{"devices":{"rule":"repeated","type":"Device","id":1},"error":{"type":"string","id":2}}},"Device":{"fields":{"requestNames":{"rule":"repeated","type":"string","id":1},"poolName":{"type":"string","id":2},"deviceName":{"type":"string","id":3},"cdiDeviceIds":{"rule":"repeated","type":"string","id":4}}},"NodeUnprepareResourcesRequest":{"fields":{"claims":{"rule":"repeated","type":"Claim","id":1}}},"NodeUnprepareResourcesResponse":{"fields":{"claims":{"keyType":"string","type":"NodeUnprepareResourceResponse","id":1}}},"NodeUnprepareResourceResponse":{"fields":{"error":{"type":"string","id":1}}},"Claim":{"fields":{"namespace":{"type":"string","id":1},"uid":{"type":"string","id":2},"name":{"type":"string","id":3}}}}}}}}}}}}}}}}}}};

