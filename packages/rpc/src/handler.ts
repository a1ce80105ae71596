import { checkServerIdentity, type PeerCertificate } from 'node:tls';
import { credentials, experimental } from '@grpc/grpc-js';
import { dial } from './client.ts';
import { serviceMethods } from './codec.ts';
import { descriptor, type HandlerService } from './gen/handler.ts';
import { RpcError } from './rpc-error.ts';
import { serve, type RpcServer } from './server.ts';
import type { Client, Handlers } from './service.ts';
import type { RotatingTls } from './tls-material.ts';

/** virt-api's side of one node. */
export type HandlerClient = Client<HandlerService>;
/** virt-handler's side. */
export type HandlerHandlers = Handlers<HandlerService>;

/** Common name of the one client that a handler serves. */
export const VIRT_API_COMMON_NAME = 'quickvirt:virt-api';

const methods = serviceMethods(descriptor, 'quickvirt.handler.v1.HandlerService');

/** The DNS name in the certificate of a node's handler; no resolver knows it. */
export function handlerServerName(nodeName: string): string {
  return `${nodeName}.virt-handler.quickvirt.internal`;
}

export interface DialHandlerOptions {
  /** `host:port` of the handler's pod; IPv6 in brackets. */
  address: string;
  /** `handlerServerName` of the node. */
  serverName: string;
  tls: RotatingTls;
}

/**
 * Connects, at the first call, to the handler of that very node: any other certificate of our CA is refused.
 * @throws RpcError UNAVAILABLE while our own certificate is not issued yet.
 */
export function dialHandler({ address, serverName, tls }: DialHandlerOptions): HandlerClient {
  const material = tls.current;
  if (!material) throw new RpcError('UNAVAILABLE', `no client certificate yet to reach ${serverName}: try again`);
  return dial<HandlerService>(address, methods, {
    credentials: credentials.createSsl(
      Buffer.from(material.caPem),
      Buffer.from(material.keyPem),
      Buffer.from(material.certificatePem),
      { checkServerIdentity: (_host, certificate) => checkServerIdentity(serverName, certificate) },
    ),
    channelOptions: {
      'grpc.ssl_target_name_override': serverName,
      'grpc.default_authority': serverName,
    },
  });
}

export interface ServeHandlerOptions {
  port: number;
  /** Address to listen on. Defaults to all, IPv6 and IPv4. */
  host?: string;
  tls: RotatingTls;
  handlers: HandlerHandlers;
  onError?: (method: string, error: unknown) => void;
}

/** Serves virt-api alone: a client certificate of our CA with its common name. @throws Error when the port is taken. */
export function serveHandler({ port, host = '[::]', tls, handlers, onError }: ServeHandlerOptions): Promise<RpcServer> {
  return serve<HandlerService>(`${host}:${port}`, methods, handlers, {
    credentials: experimental.createCertificateProviderServerCredentials(tls, tls, true),
    authorize: admitVirtApi,
    onError,
    // Console input comes in small pieces; nothing larger is in this contract.
    maxReceiveBytes: 1024 * 1024,
    maxConcurrentCalls: 1000,
  });
}

function admitVirtApi(certificate: PeerCertificate | undefined): void {
  const name = certificate?.subject?.CN;
  if (name === VIRT_API_COMMON_NAME) return;
  throw new RpcError('PERMISSION_DENIED', `virt-handler serves ${VIRT_API_COMMON_NAME} alone, not ${String(name)}`);
}
