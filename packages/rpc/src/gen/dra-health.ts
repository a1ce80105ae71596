// Generated from protos/kubelet/dra-health/v1/dra-health.proto by `npm run generate`. Do not edit.

export type DRAResourceHealth = {
  /** All devices at once, and all again at each change. Ends only with the driver. */
  nodeWatchResources: { request: NodeWatchResourcesRequest; response: NodeWatchResourcesResponse; kind: 'unary-stream' };
};

export interface NodeWatchResourcesRequest {
}

export interface NodeWatchResourcesResponse {
  devices: DeviceHealth[];
}

export interface DeviceHealth {
  device: DeviceIdentifier | null;
  health: HealthStatus;
  /** Seconds since 1970 of the last look at the device. */
  lastUpdatedTime: number;
  /** The kubelet takes the health for unknown after it; 0 means its own default (30 s). */
  healthCheckTimeoutSeconds: number;
  /** At most 1024 characters. */
  message: string;
}

export interface DeviceIdentifier {
  poolName: string;
  deviceName: string;
}

export type HealthStatus =
  | 'UNKNOWN'
  | 'HEALTHY'
  | 'UNHEALTHY';

/** For `Root.fromJSON` of protobufjs/light. */
export const descriptor = {"nested":{"v1":{"nested":{"DRAResourceHealth":{"methods":{"NodeWatchResources":{"requestType":"NodeWatchResourcesRequest","responseType":"NodeWatchResourcesResponse","responseStream":true}}},"NodeWatchResourcesRequest":{"fields":{}},"NodeWatchResourcesResponse":{"fields":{"devices":{"rule":"repeated","type":"DeviceHealth","id":1}}},"DeviceHealth":{"fields":{"device":{"type":"DeviceIdentifier","id":1},"health":{"type":"HealthStatus","id":2},"lastUpdatedTime":{"type":"int64","id":3},"healthCheckTimeoutSeconds":{"type":"int64","id":4},"message":{"type":"string","id":5}}},"DeviceIdentifier":{"fields":{"poolName":{"type":"string","id":1},"deviceName":{"type":"string","id":2}}},"HealthStatus":{"values":{"UNKNOWN":0,"HEALTHY":1,"UNHEALTHY":2}}}}}};

