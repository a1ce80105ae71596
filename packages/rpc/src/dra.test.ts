import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import * as grpc from '@grpc/grpc-js';
import {
  dialDraPlugin,
  dialPluginRegistration,
  DRA_SERVICES,
  serveDraPlugin,
  servePluginRegistration,
  type DraPluginHandlers,
} from './dra.ts';
import type { RpcServer } from './server.ts';

const handlers: DraPluginHandlers = {
  nodePrepareResources: async ({ claims }) => ({
    claims: Object.fromEntries(
      claims.map(({ uid, name }) => [
        uid,
        name === 'bad'
          ? { error: 'no' }
          : { devices: [{ requestNames: ['qat'], deviceName: name, cdiDeviceIds: ['k=d'] }] },
      ]),
    ),
  }),
  nodeUnprepareResources: async ({ claims }) => ({ claims: Object.fromEntries(claims.map(({ uid }) => [uid, {}])) }),
  async *nodeWatchResources() {
    yield { devices: [{ device: { poolName: 'n', deviceName: 'd' }, health: 'UNHEALTHY', message: 'broken' }] };
  },
};

let directory: string;
let servers: RpcServer[];

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'dra-'));
  servers = [];
});

afterEach(async () => {
  for (const server of servers) await server.close(0);
  await rm(directory, { recursive: true });
});

test('serves claims, and health under each name that kubelets give the service', async () => {
  const socketPath = join(directory, 'dra.sock');
  servers.push(await serveDraPlugin(socketPath, handlers));
  expect((await stat(socketPath)).mode & 0o777).toBe(0o600);
  const client = dialDraPlugin(socketPath);
  const claims = [
    { uid: 'a', name: 'good', namespace: 'x' },
    { uid: 'b', name: 'bad', namespace: 'x' },
  ];
  const prepared = await client.nodePrepareResources({ claims });
  expect(prepared.claims['a']).toMatchObject({ error: '', devices: [{ deviceName: 'good', cdiDeviceIds: ['k=d'] }] });
  expect(prepared.claims['b']).toEqual({ error: 'no', devices: [] });
  expect((await client.nodeUnprepareResources({ claims })).claims).toEqual({ a: { error: '' }, b: { error: '' } });
  client.close();
  for (const healthPackage of ['v1alpha1', 'v1beta1', 'v1'] as const) {
    const kubelet = dialDraPlugin(socketPath, healthPackage);
    for await (const { devices } of kubelet.nodeWatchResources({}))
      expect(devices).toMatchObject([{ device: { deviceName: 'd' }, health: 'UNHEALTHY', message: 'broken' }]);
    kubelet.close();
    expect(DRA_SERVICES).toContain(`${healthPackage}.DRAResourceHealth`);
  }
});

test("is called by the kubelet's own method names", async () => {
  const socketPath = join(directory, 'dra.sock');
  servers.push(await serveDraPlugin(socketPath, handlers));
  const client = new grpc.Client(`unix:${socketPath}`, grpc.credentials.createInsecure());
  const raw = (bytes: Buffer) => bytes;
  // claims[0] of NodePrepareResourcesRequest: namespace (1), uid (2), name (3), all strings.
  const request = Buffer.from('0a0c0a01781203756964' + '1a026161', 'hex');
  const { promise, resolve, reject } = Promise.withResolvers<Buffer>();
  client.makeUnaryRequest(
    '/k8s.io.kubelet.pkg.apis.dra.v1.DRAPlugin/NodePrepareResources',
    raw,
    raw,
    request,
    (error, answer) => (error ? reject(error) : resolve(answer as Buffer)),
  );
  expect((await promise).toString('latin1')).toContain('uid');
  client.close();
  expect(DRA_SERVICES[0]).toBe('v1.DRAPlugin');
});

test('registers over a socket of its own', async () => {
  const socketPath = join(directory, 'x-reg.sock');
  const told: boolean[] = [];
  servers.push(
    await servePluginRegistration(socketPath, {
      getInfo: async () => ({
        type: 'DRAPlugin',
        name: 'x',
        endpoint: '/x/dra.sock',
        supportedVersions: [...DRA_SERVICES],
      }),
      notifyRegistrationStatus: async ({ pluginRegistered }) => {
        told.push(pluginRegistered);
        return {};
      },
    }),
  );
  const kubelet = dialPluginRegistration(socketPath);
  expect(await kubelet.getInfo({})).toMatchObject({ type: 'DRAPlugin', supportedVersions: [...DRA_SERVICES] });
  await kubelet.notifyRegistrationStatus({ pluginRegistered: true });
  expect(told).toEqual([true]);
  kubelet.close();
});
