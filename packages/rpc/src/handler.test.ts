import 'reflect-metadata';
import { once } from 'node:events';
import { afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import * as x509 from '@peculiar/x509';
import { dialHandler, handlerServerName, serveHandler, VIRT_API_COMMON_NAME, type HandlerClient } from './handler.ts';
import type { RpcServer } from './server.ts';
import { RotatingTls, type TlsMaterial } from './tls-material.ts';

const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
const usage = { server: '1.3.6.1.5.5.7.3.1', client: '1.3.6.1.5.5.7.3.2' };
const validity = { notBefore: new Date(Date.now() - 60_000), notAfter: new Date(Date.now() + 3_600_000) };

interface Authority {
  certificate: x509.X509Certificate;
  keys: { publicKey: CryptoKey; privateKey: CryptoKey };
}

async function authority(): Promise<Authority> {
  const keys = await crypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  const extensions = [new x509.BasicConstraintsExtension(true)];
  // As virt-controller names its CAs: by one name OpenSSL would take the first that it finds.
  const name = `CN=quickvirt-ca-${crypto.randomUUID()}`;
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({ ...validity, name, keys, extensions });
  return { certificate, keys };
}

async function issue(
  { certificate: ca, keys: caKeys }: Authority,
  { commonName, dnsName, ekus }: { commonName: string; dnsName?: string; ekus: string[] },
): Promise<TlsMaterial> {
  const keys = await crypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  const leaf = await x509.X509CertificateGenerator.create({
    ...validity,
    subject: [{ CN: [commonName] }],
    issuer: ca.subject,
    publicKey: keys.publicKey,
    signingKey: caKeys.privateKey,
    extensions: [
      new x509.ExtendedKeyUsageExtension(ekus),
      ...(dnsName ? [new x509.SubjectAlternativeNameExtension([{ type: 'dns', value: dnsName }])] : []),
    ],
  });
  const pkcs8 = await crypto.subtle.exportKey('pkcs8', keys.privateKey);
  return {
    caPem: ca.toString('pem'),
    certificatePem: leaf.toString('pem'),
    keyPem: x509.PemConverter.encode(pkcs8, 'PRIVATE KEY'),
  };
}

const serverName = handlerServerName('node-1');
let ca: Authority;
let handlerMaterial: TlsMaterial;
let apiMaterial: TlsMaterial;
let server: RpcServer;
let client: HandlerClient;

beforeAll(async () => {
  ca = await authority();
  handlerMaterial = await issue(ca, {
    commonName: 'quickvirt:virt-handler:node-1',
    dnsName: serverName,
    ekus: [usage.server],
  });
  apiMaterial = await issue(ca, { commonName: VIRT_API_COMMON_NAME, ekus: [usage.client] });
});

afterEach(async () => {
  client?.close();
  await server.close(0);
});

/** The error that a console call ends with, or the first answer. */
async function attempt(tls: TlsMaterial, dialled = serverName): Promise<unknown> {
  client = dialHandler({ address: `127.0.0.1:${server.port}`, serverName: dialled, tls: new RotatingTls(tls) });
  const stream = client.console({ timeoutMs: 4000 });
  stream.write({ open: { namespace: 'default', name: 'vm', uid: 'u' } });
  const result = await Promise.race([
    once(stream, 'data').then(([message]) => (message as { data: Buffer }).data.toString()),
    once(stream, 'error').then(([error]) => error as unknown),
  ]).catch((error: unknown) => error);
  stream.on('error', () => undefined);
  stream.destroy();
  return result;
}

async function start(tls: RotatingTls): Promise<void> {
  server = await serveHandler({
    port: 0,
    host: '127.0.0.1',
    tls,
    handlers: {
      pause: async () => ({}),
      unpause: async () => ({}),
      async console(stream) {
        for await (const { open } of stream) stream.write({ data: Buffer.from(`console of ${open?.name}`) });
      },
    },
  });
}

describe('mutual TLS between virt-api and virt-handler', () => {
  test('virt-api is served', async () => {
    await start(new RotatingTls(handlerMaterial));
    expect(await attempt(apiMaterial)).toBe('console of vm');
  });

  test('a client of another name is refused', async () => {
    await start(new RotatingTls(handlerMaterial));
    const other = await issue(ca, { commonName: 'quickvirt:virt-handler:node-2', ekus: [usage.client] });
    expect(await attempt(other)).toMatchObject({ code: 'PERMISSION_DENIED' });
  });

  test('a client of another CA is refused at the handshake', async () => {
    await start(new RotatingTls(handlerMaterial));
    const foreign = await issue(await authority(), { commonName: VIRT_API_COMMON_NAME, ekus: [usage.client] });
    expect(await attempt({ ...foreign, caPem: apiMaterial.caPem })).toMatchObject({ code: 'UNAVAILABLE' });
  });

  test('a serving certificate does not make a client', async () => {
    await start(new RotatingTls(handlerMaterial));
    const serving = await issue(ca, { commonName: VIRT_API_COMMON_NAME, ekus: [usage.server] });
    expect(await attempt(serving)).toMatchObject({ code: 'UNAVAILABLE' });
  });

  test("virt-api refuses another node's handler", async () => {
    await start(new RotatingTls(handlerMaterial));
    expect(await attempt(apiMaterial, handlerServerName('node-2'))).toMatchObject({ code: 'UNAVAILABLE' });
  });

  test('a renewed certificate and a new CA are taken over without a restart', async () => {
    const tls = new RotatingTls();
    await start(tls);
    expect(await attempt(apiMaterial)).toMatchObject({ code: 'UNAVAILABLE' });
    tls.update(handlerMaterial);
    expect(await attempt(apiMaterial)).toBe('console of vm');

    const nextCa = await authority();
    const nextHandler = await issue(nextCa, { commonName: 'h', dnsName: serverName, ekus: [usage.server] });
    const nextApi = await issue(nextCa, { commonName: VIRT_API_COMMON_NAME, ekus: [usage.client] });
    tls.update(nextHandler);
    expect(await attempt(nextApi)).toBe('console of vm');
    expect(await attempt(apiMaterial)).toMatchObject({ code: 'UNAVAILABLE' });
  });

  test('a console stays open while leaves and the CA rotate, and new ones open at every step', async () => {
    const nextCa = await authority();
    const both = `${ca.certificate.toString('pem')}\n${nextCa.certificate.toString('pem')}`;
    const leaf = async (of: Authority, caPem: string, role: 'handler' | 'api') => {
      const issued = await issue(
        of,
        role === 'handler'
          ? { commonName: 'quickvirt:virt-handler:node-1', dnsName: serverName, ekus: [usage.server] }
          : { commonName: VIRT_API_COMMON_NAME, ekus: [usage.client] },
      );
      return { ...issued, caPem };
    };
    const [serving, asking] = [new RotatingTls(handlerMaterial), new RotatingTls(apiMaterial)];
    await start(serving);
    const address = `127.0.0.1:${server.port}`;
    const opened = dialHandler({ address, serverName, tls: asking });
    const stream = opened.console({ timeoutMs: 20_000 });
    const echoes = async (name: string): Promise<void> => {
      stream.write({ open: { namespace: 'default', name, uid: 'u' } });
      const [message] = (await once(stream, 'data')) as [{ data: Buffer }];
      expect(message.data.toString()).toBe(`console of ${name}`);
    };
    const rotations: [what: string, serving: TlsMaterial, asking: TlsMaterial][] = [
      [
        'leaves',
        await leaf(ca, ca.certificate.toString('pem'), 'handler'),
        await leaf(ca, ca.certificate.toString('pem'), 'api'),
      ],
      // The new CA is trusted before it signs: one end may be ahead of the other.
      ['trust', await leaf(ca, both, 'handler'), await leaf(ca, both, 'api')],
      ['one-leaf', await leaf(nextCa, both, 'handler'), await leaf(ca, both, 'api')],
      ['both-leaves', await leaf(nextCa, both, 'handler'), await leaf(nextCa, both, 'api')],
      [
        'old-ca-gone',
        await leaf(nextCa, nextCa.certificate.toString('pem'), 'handler'),
        await leaf(nextCa, nextCa.certificate.toString('pem'), 'api'),
      ],
    ];
    try {
      await echoes('before');
      for (const [what, handlerLeaf, apiLeaf] of rotations) {
        serving.update(handlerLeaf);
        asking.update(apiLeaf);
        await echoes(what);
        expect(await attempt(apiLeaf)).toBe('console of vm');
        client.close();
      }
      // Who still shows the old CA's certificate is refused by then.
      expect(await attempt({ ...apiMaterial, caPem: both })).toMatchObject({ code: 'UNAVAILABLE' });
      await echoes('after');
    } finally {
      stream.on('error', () => undefined);
      stream.destroy();
      opened.close();
    }
  });
});
