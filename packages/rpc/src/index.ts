/**
 * The gRPC contracts of QuickVirt's apps and of the kubelet, typed on both ends: launcher, handler, device plugin, pod
 * resources. Bytes are Buffers, 64-bit numbers are exact up to 2^53, enums are their names, messages that are not set
 * are null. Every failure is an RpcError.
 */
export { RpcError, type RpcCode, type RpcErrorDetails } from './rpc-error.ts';
export type { CallContext, Client, Handlers, Init, MessageDuplex, StreamOptions, UnaryOptions } from './service.ts';
export type { RpcServer } from './server.ts';
export { dialLauncher, serveLauncher, type LauncherClient, type LauncherHandlers } from './launcher.ts';
export type {
  DomainPhase,
  DomainState,
  HandlerFacts,
  HostDevice,
  InfoResponse,
  SyncDomainRequest,
  SyncDomainResponse,
  TapDevice,
  WatchStateResponse,
} from './gen/launcher.ts';
export {
  dialHandler,
  handlerServerName,
  serveHandler,
  VIRT_API_COMMON_NAME,
  type DialHandlerOptions,
  type HandlerClient,
  type HandlerHandlers,
  type ServeHandlerOptions,
} from './handler.ts';
export type { VmiReference } from './gen/handler.ts';
export { RotatingTls, type TlsMaterial } from './tls-material.ts';
export {
  dialDevicePlugin,
  registerDevicePlugin,
  serveDevicePlugin,
  servePodResources,
  serveRegistration,
  type DevicePluginHandlers,
  type DevicePluginRegistration,
} from './device-plugin.ts';
export type {
  AllocateRequest,
  AllocateResponse,
  ContainerAllocateResponse,
  Device,
  ListAndWatchResponse,
} from './gen/device-plugin.ts';
export type { PodResources } from './gen/pod-resources.ts';
export { dialPodResources, type PodResourcesClient } from './pod-resources.ts';
export {
  dialDraPlugin,
  dialPluginRegistration,
  DRA_SERVICES,
  serveDraPlugin,
  servePluginRegistration,
  type DraPluginClient,
  type DraPluginHandlers,
} from './dra.ts';
export type { Claim as ClaimReference, NodePrepareResourceResponse } from './gen/dra.ts';
