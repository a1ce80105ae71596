import { serviceMethods } from '../codec.ts';
import type { LauncherService } from '../gen/launcher.ts';
import type { LauncherHandlers } from '../launcher.ts';
import type { RpcServer } from '../server.ts';
import { serveOnSocket } from '../unix-socket.ts';
import { descriptor } from './released/launcher-0.1.0.ts';

const methods = serviceMethods(descriptor, 'quickvirt.launcher.v1.LauncherService');

/**
 * Serves the launcher's contract as release 0.1.0 spoke it, as a guest's launcher goes on doing after an upgrade: later
 * methods are unimplemented, later fields are not seen and never sent.
 * @throws Error when the socket cannot be bound
 */
export function serveReleasedLauncher(socketPath: string, handlers: LauncherHandlers): Promise<RpcServer> {
  return serveOnSocket<LauncherService>(socketPath, methods, handlers, { maxConcurrentCalls: 16 });
}
