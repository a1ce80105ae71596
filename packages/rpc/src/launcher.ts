import { serviceMethods } from './codec.ts';
import { descriptor, type LauncherService } from './gen/launcher.ts';
import type { RpcServer } from './server.ts';
import type { Client, Handlers } from './service.ts';
import { dialSocket, serveOnSocket, type UnixServeOptions } from './unix-socket.ts';

/** virt-handler's side of one launcher. */
export type LauncherClient = Client<LauncherService>;
/** virt-launcher's side. */
export type LauncherHandlers = Handlers<LauncherService>;

/** Domain XML travels in the state; libvirt's own limit for it is 4 MiB, ours is what a launcher may make us hold. */
const MAX_STATE_BYTES = 1024 * 1024;

const methods = serviceMethods(descriptor, 'quickvirt.launcher.v1.LauncherService');

/** Connects at the first call. The path may be one under `/proc/self/fd`. */
export function dialLauncher(socketPath: string): LauncherClient {
  return dialSocket<LauncherService>(socketPath, methods, { maxReceiveBytes: MAX_STATE_BYTES });
}

/** @throws Error when the socket cannot be bound. */
export function serveLauncher(
  socketPath: string,
  handlers: LauncherHandlers,
  options: UnixServeOptions = {},
): Promise<RpcServer> {
  return serveOnSocket<LauncherService>(socketPath, methods, handlers, { maxConcurrentCalls: 16, ...options });
}
