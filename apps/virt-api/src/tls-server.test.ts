import { request } from 'node:https';
import { connect, type ConnectionOptions, type TLSSocket } from 'node:tls';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { bootstrapCertificate } from './bootstrap-certificate.ts';
import { CsrSigner } from './testing/csr-signer.ts';
import { TlsServer } from './tls-server.ts';

let server: TlsServer;
let port: number;
let signer: CsrSigner;

beforeEach(async () => {
  signer = await CsrSigner.create();
  server = new TlsServer({
    listener: (call, response) => response.end(String((call.socket as TLSSocket).authorized)),
    onUpgrade: (_request, socket) => socket.destroy(),
    identity: await bootstrapCertificate(new Date()),
  });
  port = await server.listen(0, '127.0.0.1');
});

afterEach(() => server.close());

/** Whether the server takes the client's certificate for one of its client CA's, on a new connection. */
function isAuthorized(client: { keyPem: string; certificatePem: string }): Promise<string> {
  return new Promise((resolve, reject) => {
    const options = { host: '127.0.0.1', port, agent: false, rejectUnauthorized: false } as const;
    request({ ...options, key: client.keyPem, cert: client.certificatePem }, (response) => {
      let text = '';
      response.on('data', (part: Buffer) => (text += part.toString())).on('end', () => resolve(text));
    })
      .once('error', reject)
      .end();
  });
}

function handshake(options: ConnectionOptions = {}): Promise<{ issuer: string; alpn: string | false | null }> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: '127.0.0.1', port, rejectUnauthorized: false, ...options }, () => {
      resolve({ issuer: socket.getPeerCertificate().issuer.CN as string, alpn: socket.alpnProtocol });
      socket.destroy();
    });
    socket.once('error', reject);
  });
}

describe('the server', () => {
  test('takes over a new certificate without a restart', async () => {
    expect((await handshake()).issuer).toBe('quickvirt:virt-api:bootstrap');
    server.useIdentity(await signer.serverIdentity('quickvirt:virt-api', ['virt-api.quickvirt.svc']));
    expect((await handshake()).issuer).toBe('test-quickvirt-ca');
  });

  test('trusts client certificates of the CA in force alone', async () => {
    const client = await signer.serverIdentity('front-proxy-client', ['x']);
    expect(await isAuthorized(client)).toBe('false');
    server.useClientCa(signer.caPem);
    expect(await isAuthorized(client)).toBe('true');
    server.useIdentity(await signer.serverIdentity('quickvirt:virt-api', ['x']));
    expect(await isAuthorized(client)).toBe('true');
    server.useClientCa((await CsrSigner.create()).caPem);
    expect(await isAuthorized(client)).toBe('false');
    server.useClientCa(undefined);
    expect(await isAuthorized(client)).toBe('false');
  });

  test('speaks HTTP/1.1 and TLS 1.2 or newer', async () => {
    expect((await handshake({ ALPNProtocols: ['h2', 'http/1.1'] })).alpn).toBe('http/1.1');
    await expect(handshake({ maxVersion: 'TLSv1.1', minVersion: 'TLSv1.1' })).rejects.toThrow();
  });
});
