import { describe, expect, test } from '@jest/globals';
import { clusterConfigFrom } from '@quickvirt/config';
import { admissionHooks } from './registry.ts';
import type { AdmissionRequest } from './request.ts';

const config = clusterConfigFrom(undefined);
const fresh = { uuid: '0f0e0d0c-0b0a-4908-8706-050403020100', serial: '0f0e0d0c-0b0a-4908-8706-050403020101' };

/** Defaults and rules of a VirtualMachineInstance at CREATE: the number of causes. */
function judge(spec: unknown): number {
  const object = { metadata: { name: 'a', namespace: 'default' }, spec };
  const request: AdmissionRequest<unknown> = {
    operation: 'CREATE',
    object,
    user: { username: 'jane', groups: [] },
    config,
    installNamespace: 'quickvirt',
  };
  const hooks = admissionHooks.filter(
    (hook) => hook.resource === 'virtualmachineinstances' && hook.operations.includes('CREATE'),
  );
  const stored = hooks.reduce<unknown>(
    (current, hook) => (hook.type === 'mutate' ? hook.mutate({ ...request, object: current }, fresh) : current),
    object,
  );
  return hooks
    .flatMap((hook) => (hook.type === 'validate' ? [hook.validate({ ...request, object: stored })] : []))
    .reduce((sum, { causes }) => sum + causes.length, 0);
}

/** A guest with many disks of which each breaks a rule. */
function manyDisks(count: number): object {
  const names = Array.from({ length: count }, (_, index) => `Disk_${index}`);
  return {
    domain: {
      memory: { guest: '1Gi' },
      devices: { disks: names.map((name) => ({ name, bootOrder: 0, disk: { bus: 'floppy' }, cache: 'warm' })) },
    },
    volumes: names.map((name) => ({ name, containerDisk: { image: 'x', path: '../x' } })),
  };
}

/** The faster of some runs, in milliseconds: what the work costs, not what else the machine does. */
function fastestMs(spec: object): number {
  const times = Array.from({ length: 3 }, () => {
    const startedMs = performance.now();
    judge(spec);
    return performance.now() - startedMs;
  });
  return Math.min(...times);
}

describe('hostile objects', () => {
  test('every mistake of 10,000 disks is found, in time that grows with their number', () => {
    expect(judge(manyDisks(10_000))).toBe(50_000);
    const few = fastestMs(manyDisks(1_000));
    const many = fastestMs(manyDisks(8_000));
    // Eight times as many take eight times as long; squared it would be 64 times.
    expect(many / few).toBeLessThan(32);
  });

  test('names that JavaScript treats apart are names', () => {
    const names = ['__proto__', 'constructor', 'toString', 'hasOwnProperty'];
    const spec = JSON.parse(`{
      "architecture": "constructor",
      "domain": {"memory": {"guest": "1Gi"}, "machine": {"type": "__proto__"},
        "devices": {"disks": ${JSON.stringify(names.map((name) => ({ name, disk: {} })))}, "__proto__": {"polluted": 1}}},
      "volumes": ${JSON.stringify(names.map((name) => ({ name, containerDisk: { image: 'x' } })))},
      "nodeSelector": {"__proto__": "a"}
    }`) as unknown;
    expect(judge(spec)).toBeGreaterThan(0);
    expect('polluted' in {}).toBe(false);
  });

  test.each<[string, unknown]>([
    ['no spec', undefined],
    ['a spec that is a text', 'x'],
    ['no domain', {}],
    ['no devices', { domain: {} }],
    ['NUL bytes', { hostname: '\0', domain: { devices: { disks: [{ name: '\0', disk: {} }] } }, volumes: [] }],
    ['a quantity beyond 64 bits', { domain: { memory: { guest: '9223372036854775808Ei' }, devices: {} } }],
    ['a quantity without end', { domain: { memory: { guest: '1e999999999' }, devices: {} } }],
    ['a number of sockets beyond reason', { domain: { cpu: { sockets: 2 ** 31 - 1 }, devices: {} } }],
  ])('%s is left to the schema or judged, and never throws', (_what, spec) => {
    const domain = (spec as { domain?: { devices?: unknown } } | undefined)?.domain;
    // The API server's schema refuses what has no devices before rules are asked.
    if (domain?.devices) expect(judge(spec)).toBeGreaterThanOrEqual(0);
    const mutate = admissionHooks.find(({ path }) => path === '/virtualmachineinstances-mutate');
    const object = { metadata: { name: 'a' }, spec };
    const user = { username: 'jane', groups: [] };
    const request: AdmissionRequest<unknown> = { operation: 'CREATE', object, user, config, installNamespace: 'q' };
    if (!domain?.devices) expect(mutate?.type === 'mutate' && mutate.mutate(request, fresh)).toBe(object);
  });
});
