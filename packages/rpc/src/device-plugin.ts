import { serviceMethods } from './codec.ts';
import { descriptor, type DevicePlugin, type Registration } from './gen/device-plugin.ts';
import type { RpcServer } from './server.ts';
import type { Handlers } from './service.ts';
import { dialSocket, serveOnSocket, type UnixServeOptions } from './unix-socket.ts';

/** The kubelet asks for these only of a plugin whose options announce them; ours does not. */
export type DevicePluginHandlers = Pick<Handlers<DevicePlugin>, 'listAndWatch' | 'allocate'>;

const pluginMethods = serviceMethods(descriptor, 'v1beta1.DevicePlugin');
const registrationMethods = serviceMethods(descriptor, 'v1beta1.Registration');

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
      getDevicePluginOptions: async () => ({}),
      getPreferredAllocation: async () => ({}),
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
  signal?: AbortSignal;
}

/** Makes a plugin known to the kubelet, which connects back to it. @throws RpcError */
export async function registerDevicePlugin(registration: DevicePluginRegistration): Promise<void> {
  const { kubeletSocketPath, endpoint, resourceName, signal } = registration;
  const kubelet = dialSocket<Registration>(kubeletSocketPath, registrationMethods);
  try {
    await kubelet.register({ version: 'v1beta1', endpoint, resourceName }, { signal });
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
