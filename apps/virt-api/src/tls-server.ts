import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { SecureContextOptions } from 'node:tls';
import type { RequestListener } from 'node:http';
import type { Upgrades } from './upgrades.ts';

export interface ServerIdentity {
  keyPem: string;
  certificatePem: string;
}

export interface TlsServerOptions {
  listener: RequestListener;
  onUpgrade: Upgrades['handle'];
  /** Used until `useIdentity`. */
  identity: ServerIdentity;
}

/** A body of 3 MiB passes in this time even on a poor link; what takes longer holds a socket for nothing. */
const REQUEST_TIMEOUT_MS = 30_000;
const HEADERS_TIMEOUT_MS = 10_000;
const HANDSHAKE_TIMEOUT_MS = 10_000;
/** Longer than Go's idle limit (90 s), so that the client ends idle connections and no request meets a closing one. */
const KEEP_ALIVE_TIMEOUT_MS = 120_000;

/**
 * The HTTPS server of virt-api, HTTP/1.1 only. Clients may show a certificate; who it makes them is judged per request.
 * Certificate, key and client CA change without a restart.
 */
export class TlsServer {
  readonly #server: Server;
  #identity: ServerIdentity;
  #clientCaPem: string | undefined;

  constructor({ listener, onUpgrade, identity }: TlsServerOptions) {
    this.#identity = identity;
    this.#server = createServer(
      {
        ...this.#secureContext(),
        requestCert: true,
        rejectUnauthorized: false,
        handshakeTimeout: HANDSHAKE_TIMEOUT_MS,
        requestTimeout: REQUEST_TIMEOUT_MS,
        headersTimeout: HEADERS_TIMEOUT_MS,
        keepAliveTimeout: KEEP_ALIVE_TIMEOUT_MS,
        ALPNProtocols: ['http/1.1'],
      },
      listener,
    );
    this.#server.on('upgrade', onUpgrade);
  }

  /** New connections get this certificate; those that are open go on. */
  useIdentity(identity: ServerIdentity): void {
    this.#identity = identity;
    this.#server.setSecureContext(this.#secureContext());
  }

  /** The CA that the front proxy's certificate must come from; undefined trusts no client certificate. */
  useClientCa(clientCaPem: string | undefined): void {
    if (clientCaPem === this.#clientCaPem) return;
    this.#clientCaPem = clientCaPem;
    this.#server.setSecureContext(this.#secureContext());
  }

  /** Resolves with the port once it listens; rejects with the system's error. */
  listen(port: number, host?: string): Promise<number> {
    return new Promise((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen(port, host, () => {
        this.#server.off('error', reject);
        resolve((this.#server.address() as AddressInfo).port);
      });
    });
  }

  /** Stops listening at once; resolves when requests under way have been answered and streams have ended. */
  close(): Promise<void> {
    return new Promise((resolve) => {
      this.#server.close(() => resolve());
      this.#server.closeIdleConnections();
    });
  }

  #secureContext(): SecureContextOptions {
    return {
      key: this.#identity.keyPem,
      cert: this.#identity.certificatePem,
      // An empty list, not undefined: that would mean the public CAs of Node.
      ca: this.#clientCaPem ? [this.#clientCaPem] : [],
      minVersion: 'TLSv1.2',
    };
  }
}
