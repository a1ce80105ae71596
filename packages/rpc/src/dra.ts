import { serviceMethods, type ServiceMethods } from './codec.ts';
import { descriptor as draDescriptor, type DRAPlugin } from './gen/dra.ts';
import { descriptor as healthDescriptor, type DRAResourceHealth } from './gen/dra-health.ts';
import { descriptor as registrationDescriptor, type Registration } from './gen/plugin-registration.ts';
import type { RpcServer } from './server.ts';
import type { Client, Handlers } from './service.ts';
import { dialSocket, serveOnSocket, type UnixServeOptions } from './unix-socket.ts';

/** What a DRA driver answers the kubelet. */
export type DraPluginHandlers = Handlers<DRAPlugin & DRAResourceHealth>;

/** A DRA driver's socket as the kubelet sees it. */
export type DraPluginClient = Client<DRAPlugin & DRAResourceHealth>;

/** What a plugin tells of itself at registration. */
export type PluginRegistrationHandlers = Handlers<Registration>;

/** What the kubelet asks of a registration socket. */
export type PluginRegistrationClient = Client<Registration>;

/** Packages that releases of the kubelet give to one and the same health service: v1alpha1 to 1.36, then v1beta1, v1. */
const HEALTH_PACKAGES = ['v1alpha1', 'v1beta1', 'v1'] as const;

/**
 * The services that {@link serveDraPlugin} serves, as a driver names them at registration
 * (`PluginInfo.supported_versions`): the kubelet takes the first that it knows, and refuses a driver that names none.
 */
export const DRA_SERVICES: readonly string[] = [
  'v1.DRAPlugin',
  ...HEALTH_PACKAGES.map((packageName) => `${packageName}.DRAResourceHealth`),
];

const draMethods = serviceMethods(draDescriptor, 'k8s.io.kubelet.pkg.apis.dra.v1.DRAPlugin');
const healthMethods = serviceMethods(healthDescriptor, 'v1.DRAResourceHealth');
const registrationMethods = serviceMethods(registrationDescriptor, 'pluginregistration.Registration');

/** The methods of a service under another package of the same messages. */
function inPackage(methods: ServiceMethods, packageName: string): ServiceMethods {
  return new Map([...methods].map(([name, method]) => [name, { ...method, path: pathIn(packageName, method.path) }]));
}

const pathIn = (packageName: string, path: string): string => path.replace(/^\/.*\.(?=[^./]+\/)/, `/${packageName}.`);

/** Serves a DRA driver on a socket that only root may open. */
export function serveDraPlugin(
  socketPath: string,
  handlers: DraPluginHandlers,
  options: UnixServeOptions = {},
): Promise<RpcServer> {
  const methods = new Map(draMethods);
  const implementations: Record<string, unknown> = { ...handlers };
  for (const packageName of HEALTH_PACKAGES) {
    for (const [name, method] of inPackage(healthMethods, packageName)) {
      methods.set(`${packageName}.${name}`, method);
      implementations[`${packageName}.${name}`] = handlers.nodeWatchResources;
    }
  }
  return serveOnSocket(socketPath, methods, implementations as DraPluginHandlers, { mode: 0o600, ...options });
}

/** Serves a plugin's registration; the kubelet finds the socket in its directory. Only root may open it. */
export function servePluginRegistration(
  socketPath: string,
  handlers: PluginRegistrationHandlers,
  options: UnixServeOptions = {},
): Promise<RpcServer> {
  return serveOnSocket<Registration>(socketPath, registrationMethods, handlers, { mode: 0o600, ...options });
}

/** A driver as the kubelet sees it, for tests. @param healthPackage which of the kubelet's releases asks for health. */
export function dialDraPlugin(
  socketPath: string,
  healthPackage: (typeof HEALTH_PACKAGES)[number] = 'v1alpha1',
): DraPluginClient {
  return dialSocket<DRAPlugin & DRAResourceHealth>(
    socketPath,
    new Map([...draMethods, ...inPackage(healthMethods, healthPackage)]),
  );
}

/** A registration socket as the kubelet sees it, for tests. */
export function dialPluginRegistration(socketPath: string): PluginRegistrationClient {
  return dialSocket<Registration>(socketPath, registrationMethods);
}
