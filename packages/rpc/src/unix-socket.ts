import { chmod, lstat, unlink } from 'node:fs/promises';
import { credentials, ServerCredentials } from '@grpc/grpc-js';
import { dial, type DialOptions } from './client.ts';
import type { ServiceMethods } from './codec.ts';
import { serve, type RpcServer, type ServeOptions } from './server.ts';
import type { Client, Handlers, ServiceShape } from './service.ts';

/** sun_path of unix(7), without its final zero. */
const MAX_SOCKET_PATH_BYTES = 107;

export type UnixServeOptions = Omit<ServeOptions, 'credentials' | 'authorize'> & {
  /** Mode of the socket. Defaults to 0o660: its owner, its group, root. */
  mode?: number;
};

/**
 * Serves on a Unix socket; a socket that an earlier process left there is removed.
 * @throws Error when the path is too long, is something other than a socket, or cannot be bound.
 */
export async function serveOnSocket<S extends ServiceShape>(
  socketPath: string,
  methods: ServiceMethods,
  handlers: Handlers<S>,
  { mode = 0o660, ...options }: UnixServeOptions,
): Promise<RpcServer> {
  if (Buffer.byteLength(socketPath) > MAX_SOCKET_PATH_BYTES)
    throw new Error(`the socket path ${socketPath} is longer than ${MAX_SOCKET_PATH_BYTES} bytes`);
  await removeStaleSocket(socketPath);
  const server = await serve(`unix:${socketPath}`, methods, handlers, {
    ...options,
    credentials: ServerCredentials.createInsecure(),
  });
  await chmod(socketPath, mode);
  return server;
}

/** A client over a Unix socket; whoever may open the socket is trusted, and the caller chose the socket. */
export function dialSocket<S extends ServiceShape>(
  socketPath: string,
  methods: ServiceMethods,
  options: Omit<DialOptions, 'credentials'> = {},
): Client<S> {
  return dial(`unix:${socketPath}`, methods, {
    ...options,
    credentials: credentials.createInsecure(),
    channelOptions: { 'grpc.default_authority': 'localhost', ...options.channelOptions },
  });
}

async function removeStaleSocket(socketPath: string): Promise<void> {
  const found = await lstat(socketPath).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  if (found === undefined) return;
  if (!found.isSocket()) throw new Error(`${socketPath} is there and is no socket: remove it, or choose another path`);
  await unlink(socketPath);
}
