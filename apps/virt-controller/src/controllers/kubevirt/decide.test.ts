import { describe, expect, test } from '@jest/globals';
import type { KubeVirt } from '@quickvirt/api';
import { clusterConfigFrom } from '@quickvirt/config';
import { findCondition, type DaemonSet, type Deployment } from '@quickvirt/kube';
import type { Leaf } from '../../certificates/leaves.ts';
import { decideKubevirt, type KubevirtObserved } from './decide.ts';

const NOW = new Date('2026-08-01T00:00:00Z');
const metadata = { name: 'x', generation: 2 };
const READY = { observedGeneration: 2, replicas: 2, updatedReplicas: 2, availableReplicas: 2 };
const RUNS = { observedGeneration: 2, desiredNumberScheduled: 3, updatedNumberScheduled: 3, numberAvailable: 3 };

const deployment = (status: object): Deployment => ({ metadata, spec: { replicas: 2 } as Deployment['spec'], status });
const daemonSet = (status: object): DaemonSet => ({ metadata, status: status as DaemonSet['status'] });

const CA = { notBefore: new Date('2026-07-30T00:00:00Z'), notAfter: new Date('2026-08-06T00:00:00Z') };

function observed(change: Partial<KubevirtObserved> = {}, status?: KubeVirt['status']): KubevirtObserved {
  return {
    kubevirt: { metadata: { name: 'kubevirt', namespace: 'quickvirt', generation: 5 }, spec: {}, status },
    config: clusterConfigFrom(undefined),
    deployments: { 'virt-api': deployment(READY), 'virt-controller': deployment(READY) },
    handlers: daemonSet(RUNS),
    certificates: { authority: CA, leaves: [] },
    ...change,
  };
}

function verdicts(state: KubevirtObserved) {
  const status = decideKubevirt(state, NOW).effects[0]?.status;
  const is = (type: string) => findCondition(status?.conditions, type)?.status;
  return [status?.phase, is('Created'), is('Available'), is('Progressing'), is('Degraded')];
}

describe('the certificates', () => {
  const current = (state: KubevirtObserved, now = NOW) =>
    findCondition(decideKubevirt(state, now).effects[0]?.status.conditions, 'CertificatesCurrent');

  test('are current until the CA was not renewed in time, which is looked at then', () => {
    expect(current(observed())).toMatchObject({ status: 'True' });
    const beforeLastPart = new Date('2026-08-04T22:30:00Z');
    const { requeueAfterMs = 0 } = decideKubevirt(observed(), beforeLastPart);
    expect(requeueAfterMs).toBeLessThan(3_600_000);
    const due = new Date(beforeLastPart.getTime() + requeueAfterMs);
    expect(current(observed(), due)).toMatchObject({ status: 'False', reason: 'NotRenewed' });
  });

  test('are not there before there is a CA', () => {
    expect(current(observed({ certificates: { authority: undefined, leaves: [] } }))).toMatchObject({
      status: 'False',
      reason: 'NoAuthority',
    });
  });

  /** A day, of which 18 hours are over: it is due (15 % left) 2.4 hours from now. */
  const leaf = (holder: string, change: Partial<Leaf> = {}): Leaf => ({
    holder,
    notBefore: new Date('2026-07-31T06:00:00Z'),
    notAfter: new Date('2026-08-01T06:00:00Z'),
    ...change,
  });
  const DUE = new Date('2026-08-01T02:24:00Z');
  const hours = (count: number) => new Date(DUE.getTime() + count * 3_600_000);
  const withLeaves = (...leaves: Leaf[]) => observed({ certificates: { authority: CA, leaves } });

  test.each<[what: string, change: Partial<Leaf>, now: Date, status: string]>([
    ['before it is due', {}, hours(-0.1), 'True'],
    ['when it is due', {}, hours(0), 'False'],
    ['when it has ended', {}, hours(9), 'False'],
    ['when its holder was seen since', { seenAt: hours(0.1) }, hours(0.2), 'False'],
    ['when its holder was not seen since: its node is down', { seenAt: hours(-0.1) }, hours(0.2), 'True'],
    ['when it ended with its node', { seenAt: hours(-0.1) }, hours(9), 'True'],
  ])('count a leaf %s', (_what, change, now, status) => {
    expect(current(withLeaves(leaf('virt-handler of node n1', change)), now)?.status).toBe(status);
  });

  test('name the leaves that were not renewed, and how many more there are', () => {
    const leaves = Array.from({ length: 8 }, (_, index) => leaf(`virt-handler of node n${index}`));
    const message = current(withLeaves(...leaves), DUE)?.message;
    expect(message).toContain('virt-handler of node n0 until 2026-08-01T06:00:00.000Z');
    expect(message).toContain('n4 until 2026-08-01T06:00:00.000Z and 3 more');
    expect(message).not.toContain('n5');
  });

  test('are looked at again when the first leaf is due, and soon while its holder may still be seen', () => {
    const again = (now: Date, change: Partial<Leaf> = {}) =>
      decideKubevirt(withLeaves(leaf('pod a', change)), now).requeueAfterMs;
    expect(again(hours(-0.25))).toBe(900_000);
    expect(again(hours(0.1), { seenAt: hours(-0.01) })).toBe(60_000);
    expect(again(hours(9), { seenAt: hours(-0.01) })).toBe(3_600_000);
  });

  test('are told of again when a clock was set back', () => {
    expect(current(observed(), new Date('2026-08-05T23:00:00Z'))).toMatchObject({ status: 'False' });
    expect(current(observed(), NOW)).toMatchObject({ status: 'True' });
  });
});

describe('the status of the installation', () => {
  test.each<[string, Partial<KubevirtObserved>, KubeVirt['status'], unknown[]]>([
    ['all is ready', {}, undefined, ['Deployed', 'True', 'True', 'False', 'False']],
    ['nothing is there', { handlers: undefined }, undefined, ['Deploying', 'False', 'False', 'True', 'True']],
    [
      'no pod yet',
      { handlers: daemonSet({ ...RUNS, numberAvailable: 0 }) },
      undefined,
      ['Deploying', 'True', 'False', 'True', 'True'],
    ],
    [
      'a new version rolls out',
      { handlers: daemonSet({ ...RUNS, updatedNumberScheduled: 1 }) },
      { phase: 'Deployed' },
      ['Deployed', 'True', 'True', 'True', 'False'],
    ],
    [
      'a node is down',
      { handlers: daemonSet({ ...RUNS, numberAvailable: 2 }) },
      { phase: 'Deployed' },
      ['Deployed', 'True', 'True', 'False', 'True'],
    ],
    [
      'a cluster without nodes',
      { handlers: daemonSet({ observedGeneration: 2 }) },
      undefined,
      ['Deployed', 'True', 'True', 'False', 'False'],
    ],
  ])('%s', (_what, change, status, expected) => {
    expect(verdicts(observed(change, status))).toEqual(expected);
  });

  test('names what is missing, follows the generation, and is written once', () => {
    const state = observed({ handlers: undefined });
    const status = decideKubevirt(state, NOW).effects[0]?.status;
    expect(findCondition(status?.conditions, 'Available')?.message).toContain('DaemonSet virt-handler');
    expect(status?.observedGeneration).toBe(5);
    expect(decideKubevirt(observed({ handlers: undefined }, status), NOW).effects).toEqual([]);
  });
});
