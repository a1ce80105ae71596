import { describe, expect, test } from '@jest/globals';
import type { VirtualMachine, VirtualMachineInstance } from '@quickvirt/api';
import { clusterConfigFrom } from '@quickvirt/config';
import { ApiError, TransportError, type KubeClient } from '@quickvirt/kube';
import type { RequestRefused } from '../status.ts';
import { familyOf } from './families.ts';
import { RotatingTls } from '@quickvirt/rpc';
import { callNode } from '../node-actions.ts';
import type { SubresourceCall, SubresourceFamily } from './family.ts';
import { SubresourceService } from './service.ts';
import { parseSubresourcePath, type SubresourcePath } from './subresource-request.ts';

const domain = { devices: {}, memory: { guest: '64Mi' } };
const vm = (resourceVersion: string): VirtualMachine => ({
  metadata: { namespace: 'ns', name: 'a', uid: 'u', resourceVersion },
  spec: { runStrategy: 'Manual', template: { spec: { domain } } },
});
const vmi: VirtualMachineInstance = {
  metadata: { namespace: 'ns', name: 'a', uid: 'i', resourceVersion: '1' },
  spec: { domain },
  status: { phase: 'Running', nodeName: 'node1', conditions: [{ type: 'LiveMigratable', status: 'True' }] },
};

const apiError = (status: number, reason: string, message = reason) =>
  new ApiError('PATCH /x', { status, body: { kind: 'Status', reason, message } });

/** An API server that holds these objects and answers patches in turn. */
function server(objects: { vm?: VirtualMachine[]; vmi?: VirtualMachineInstance }, patches: (Error | 'ok')[] = []) {
  const log: string[] = [];
  const client = {
    get: async ({ plural }: { plural: string }) => {
      log.push(`get ${plural}`);
      const [first, ...later] = objects.vm ?? [];
      const object = plural === 'virtualmachines' ? first : objects.vmi;
      if (plural === 'virtualmachines' && later.length > 0) objects.vm = later;
      if (!object) throw apiError(404, 'NotFound');
      return object;
    },
    patch: async (_type: unknown, _ref: unknown, body: { path: string; value: unknown }[], options: object) => {
      log.push(
        `patch ${JSON.stringify(body.find(({ path }) => path === '/metadata/resourceVersion')?.value)} ${JSON.stringify(options)}`,
      );
      const answer = patches.shift() ?? 'ok';
      if (answer !== 'ok') throw answer;
    },
  } as unknown as KubeClient;
  return {
    service: new SubresourceService({
      client,
      config: () => clusterConfigFrom(undefined),
      callNode: (node) => callNode(node, { directory: { find: () => undefined }, tls: new RotatingTls() }),
    }),
    log,
  };
}

function call(path: string, options = {}): [SubresourceFamily, SubresourceCall] {
  const parsed = parseSubresourcePath(`/apis/subresources.kubevirt.io/v1/namespaces/ns/${path}`) as SubresourcePath;
  return [familyOf(parsed) as SubresourceFamily, { path: parsed, options, query: new URLSearchParams() }];
}

const refusal = (answer: Promise<unknown>) =>
  answer.then(
    () => undefined,
    (error: RequestRefused) => error.status,
  );

describe('a call', () => {
  test('is decided anew on what another writer left, until it holds', async () => {
    const { service, log } = server({ vm: [vm('1'), vm('2')], vmi: undefined }, [apiError(409, 'Conflict'), 'ok']);
    expect(await service.answer(...call('virtualmachines/a/start'))).toEqual({ type: 'done', code: 202 });
    const write = (version: string) => `patch "${version}" {"kind":"json","subresource":"status","dryRun":false}`;
    expect(log.filter((line) => line.startsWith('patch'))).toEqual([write('1'), write('2')]);
  });

  test('is given up after five meetings with other writers', async () => {
    const { service, log } = server(
      { vm: [vm('1')] },
      Array.from({ length: 9 }, () => apiError(409, 'Conflict')),
    );
    expect(await refusal(service.answer(...call('virtualmachines/a/start')))).toMatchObject({ code: 409 });
    expect(log.filter((line) => line.startsWith('patch'))).toHaveLength(5);
  });

  test('passes dryRun on', async () => {
    const { service, log } = server({ vm: [vm('1')] });
    await service.answer(...call('virtualmachines/a/start', { dryRun: ['All'] }));
    expect(log.at(-1)).toContain('"dryRun":true');
  });

  test.each([
    ['a webhook’s refusal', apiError(422, 'Invalid', 'a webhook says no'), { code: 422, reason: 'Invalid' }],
    ['a right we lack', apiError(403, 'Forbidden'), { code: 403, reason: 'Forbidden' }],
    ['silence', new TransportError('PATCH /x', 'time is up'), { code: 503, reason: 'ServiceUnavailable' }],
  ])('tells what the API server said: %s', async (_what, error, status) => {
    const { service } = server({ vm: [vm('1')] }, [error]);
    expect(await refusal(service.answer(...call('virtualmachines/a/start')))).toMatchObject(status);
  });

  test.each<[string, object]>([
    ['restart', { gracePeriodSeconds: 5 }],
    ['restart', { gracePeriodSeconds: '0' }],
    ['stop', { gracePeriod: -1 }],
    ['stop', { gracePeriod: 1.5 }],
    ['start', { dryRun: 'All' }],
    ['start', { dryRun: [1] }],
    ['start', { paused: 'yes' }],
  ])('%s with %j reads and writes nothing', async (action, options) => {
    const { service, log } = server({ vm: [vm('1')] });
    const answer = await service.answer(...call(`virtualmachines/a/${action}`, options));
    expect(answer).toMatchObject({ type: 'failure', status: { code: 400 } });
    expect(log).toEqual([]);
  });
});

describe('what this release cannot carry out is 501 and changes nothing', () => {
  test.each([
    ['virtualmachineinstances/a/reset', 'reset'],
    ['virtualmachines/a/migrate', 'live migration'],
  ])('%s', async (path, what) => {
    const { service, log } = server({ vm: [vm('1')], vmi });
    expect(await refusal(service.answer(...call(path)))).toMatchObject({
      code: 501,
      reason: 'NotImplemented',
      message: expect.stringContaining(what),
    });
    expect(log.filter((line) => !line.startsWith('get'))).toEqual([]);
  });

  test('but what is wrong with the request is told all the same', async () => {
    const { service } = server({ vm: [vm('1')] });
    expect(await service.answer(...call('virtualmachines/a/migrate'))).toMatchObject({
      type: 'failure',
      status: { code: 404 },
    });
  });
});
