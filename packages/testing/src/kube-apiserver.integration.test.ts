import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { startKubeApiserver, type KubeApiserver } from './kube-apiserver.ts';
import { eventually } from './settle.ts';

let apiserver: KubeApiserver;

beforeAll(async () => {
  apiserver = await startKubeApiserver();
}, 1_800_000); // from empty caches it builds Kubernetes first

afterAll(() => apiserver?.stop());

describe('a bare kube-apiserver', () => {
  test('stores objects and serves them to kubectl', async () => {
    await apiserver.kubectl('create', 'configmap', 'answer', '--from-literal=is=42');
    expect(await apiserver.kubectl('get', 'configmap', 'answer', '-o', 'jsonpath={.data.is}')).toBe('42');
  });

  test('refuses what a user of no group may not do', async () => {
    const kubeconfig = await apiserver.kubeconfigFor({ name: 'jane' });
    await expect(apiserver.kubectl('get', 'secrets', '--kubeconfig', kubeconfig)).rejects.toThrow(
      'User "jane" cannot list resource "secrets"',
    );
  });

  test('serves CustomResourceDefinitions', async () => {
    const manifest = join(apiserver.folder, 'crd.json');
    writeFileSync(manifest, JSON.stringify(crd));
    await apiserver.kubectl('create', '-f', manifest);
    await apiserver.kubectl('wait', '--for=condition=Established', 'crd/tests.example.io', '--timeout=20s');
    expect(await apiserver.kubectl('get', 'tests.example.io')).toBe('');
  }, 30_000);
});

describe('an aggregated API', () => {
  let server: Server;

  beforeAll(async () => {
    const { certificatePem, keyPem } = await apiserver.authority.issue({
      commonName: 'aggregated',
      dnsNames: ['aggregated.default.svc'],
    });
    server = createServer(
      {
        cert: certificatePem,
        key: keyPem,
        ca: apiserver.frontProxyAuthority.certificatePem,
        requestCert: true,
        rejectUnauthorized: true,
      },
      (call, response) => {
        const caller = (call.socket as TLSSocket).getPeerCertificate().subject.CN;
        response.setHeader('content-type', 'application/json');
        response.end(JSON.stringify({ path: call.url, caller, user: call.headers['x-remote-user'] }));
      },
    );
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const manifest = join(apiserver.folder, 'apiservice.json');
    writeFileSync(manifest, JSON.stringify(apiService((server.address() as AddressInfo).port)));
    await apiserver.kubectl('create', '-f', manifest);
  }, 30_000);

  afterAll(() => new Promise((resolve) => server.close(resolve)));

  test("is called with the front proxy's certificate and the user's name", async () => {
    const answer = await eventually(
      async () =>
        JSON.parse(await apiserver.kubectl('get', '--raw', '/apis/aggregated.example.io/v1/hello')) as unknown,
      { timeoutMs: 30_000 },
    );
    expect(answer).toEqual({
      path: '/apis/aggregated.example.io/v1/hello',
      caller: 'front-proxy-client',
      user: 'admin',
    });
  }, 40_000);
});

describe('a start that cannot succeed', () => {
  test('is reported with what the process said', async () => {
    await expect(startKubeApiserver({ flags: ['--no-such-flag'] })).rejects.toThrow('unknown flag: --no-such-flag');
  }, 60_000);
});

const crd = {
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: 'tests.example.io' },
  spec: {
    group: 'example.io',
    names: { plural: 'tests', singular: 'test', kind: 'Test' },
    scope: 'Namespaced',
    versions: [{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: { type: 'object' } } }],
  },
};

/** An ExternalName Service leads to loopback, which an EndpointSlice may not name. */
function apiService(port: number): object {
  return {
    apiVersion: 'v1',
    kind: 'List',
    items: [
      {
        apiVersion: 'v1',
        kind: 'Service',
        metadata: { name: 'aggregated', namespace: 'default' },
        spec: { type: 'ExternalName', externalName: 'localhost' },
      },
      {
        apiVersion: 'apiregistration.k8s.io/v1',
        kind: 'APIService',
        metadata: { name: 'v1.aggregated.example.io' },
        spec: {
          group: 'aggregated.example.io',
          version: 'v1',
          groupPriorityMinimum: 1000,
          versionPriority: 10,
          service: { name: 'aggregated', namespace: 'default', port },
          caBundle: Buffer.from(apiserver.authority.certificatePem).toString('base64'),
        },
      },
    ],
  };
}
