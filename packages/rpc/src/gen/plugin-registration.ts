// Generated from protos/kubelet/pluginregistration/v1/pluginregistration.proto by `npm run generate`. Do not edit.

/** Served by the plugin on a socket in /var/lib/kubelet/plugins_registry; the kubelet calls when it finds the socket. */
export type Registration = {
  getInfo: { request: InfoRequest; response: PluginInfo; kind: 'unary-unary' };
  notifyRegistrationStatus: { request: RegistrationStatus; response: RegistrationStatusResponse; kind: 'unary-unary' };
};

export interface InfoRequest {
}

export interface PluginInfo {
  /** "DRAPlugin" for Dynamic Resource Allocation. */
  type: string;
  /** Name of the driver. */
  name: string;
  /** Path of the socket with the driver's services; left out, it is the registration's own. */
  endpoint: string;
  /** For DRA the services that the driver serves, for example "v1.DRAPlugin". */
  supportedVersions: string[];
}

export interface RegistrationStatus {
  pluginRegistered: boolean;
  /** Why the kubelet refused; empty when it did not. */
  error: string;
}

export interface RegistrationStatusResponse {
}

/** For `Root.fromJSON` of protobufjs/light. */
export const descriptor = {"nested":{"pluginregistration":{"nested":{"Registration":{"methods":{"GetInfo":{"requestType":"InfoRequest","responseType":"PluginInfo"},"NotifyRegistrationStatus":{"requestType":"RegistrationStatus","responseType":"RegistrationStatusResponse"}}},"InfoRequest":{"fields":{}},"PluginInfo":{"fields":{"type":{"type":"string","id":1},"name":{"type":"string","id":2},"endpoint":{"type":"string","id":3},"supportedVersions":{"rule":"repeated","type":"string","id":4}}},"RegistrationStatus":{"fields":{"pluginRegistered":{"type":"bool","id":1},"error":{"type":"string","id":2}}},"RegistrationStatusResponse":{"fields":{}}}}}};

