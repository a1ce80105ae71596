import { serviceMethods } from './codec.ts';
import { descriptor, type DevicePlugin, type Registration } from './gen/device-plugin.ts';
import { descriptor as podResourcesDescriptor, type PodResourcesLister } from './gen/pod-resources.ts';
import type { RpcServer } from './server.ts';
import type { Handlers } from './service.ts';
import { dialSocket, serveOnSocket, type UnixServeOptions } from './unix-socket.ts';

/** What a plugin answers. The kubelet asks for preferred allocations only where they are served. */
export type DevicePluginHandlers = Pick<Handlers<DevicePlugin>, 'listAndWatch' | 'allocate'> &
  Partial<Pick<Handlers<DevicePlugin>, 'getPreferredAllocation'>>;

const pluginMethods = serviceMethods(descriptor, 'v1beta1.DevicePlugin');
const registrationMethods = serviceMethods(descriptor, 'v1beta1.Registration');
const podResourcesMethods = serviceMethods(podResourcesDescriptor, 'v1.PodResourcesLister');

/** Serves one device plugin on a socket in the kubelet's directory. */
export function serveDevicePlugin(
  socketPath: string,
  handlers: DevicePluginHandlers,
  options: UnixServeOptions = {},
): Promise<RpcServer> {
  return serveOnSocket<DevicePlugin>(
    socketPath,
    pluginMethods,
    {
      ...handlers,
      getDevicePluginOptions: async () => ({
        getPreferredAllocationAvailable: handlers.getPreferredAllocation !== undefined,
      }),
      getPreferredAllocation: handlers.getPreferredAllocation ?? (async () => ({})),
      preStartContainer: async () => ({}),
    },
    { mode: 0o600, ...options },
  );
}

export interface DevicePluginRegistration {
  /** Usually `/var/lib/kubelet/device-plugins/kubelet.sock`. */
  kubeletSocketPath: string;
  /** File name of the plugin's socket beside it. */
  endpoint: string;
  resourceName: string;
  /** Whether the plugin serves GetPreferredAllocation; the kubelet goes by what is said here. */
  prefersAllocations?: boolean;
  signal?: AbortSignal;
}

/** Makes a plugin known to the kubelet, which connects back to it. @throws RpcError */
export async function registerDevicePlugin(registration: DevicePluginRegistration): Promise<void> {
  const { kubeletSocketPath, endpoint, resourceName, prefersAllocations = false, signal } = registration;
  const kubelet = dialSocket<Registration>(kubeletSocketPath, registrationMethods);
  try {
    const options = { getPreferredAllocationAvailable: prefersAllocations };
    await kubelet.register({ version: 'v1beta1', endpoint, resourceName, options }, { signal });
  } finally {
    kubelet.close();
  }
}

/** The kubelet's side of one plugin, for tests against a stand-in. */
export function dialDevicePlugin(socketPath: string) {
  return dialSocket<DevicePlugin>(socketPath, pluginMethods);
}

/** The kubelet's registration service, for tests against a stand-in. */
export function serveRegistration(socketPath: string, handlers: Handlers<Registration>): Promise<RpcServer> {
  return serveOnSocket<Registration>(socketPath, registrationMethods, handlers, {});
}

/** The kubelet's list of what it gave to pods, for tests against a stand-in. */
export function servePodResources(socketPath: string, handlers: Handlers<PodResourcesLister>): Promise<RpcServer> {
  return serveOnSocket<PodResourcesLister>(socketPath, podResourcesMethods, handlers, {});
}
