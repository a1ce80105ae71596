import { describe, expect, test } from '@jest/globals';
import type { KubeVirt } from '@quickvirt/api';
import { clusterConfigFrom } from '@quickvirt/config';
import { findCondition, type DaemonSet, type Deployment } from '@quickvirt/kube';
import { decideKubevirt, type KubevirtObserved } from './decide.ts';

const NOW = new Date('2026-08-01T00:00:00Z');
const metadata = { name: 'x', generation: 2 };
const READY = { observedGeneration: 2, replicas: 2, updatedReplicas: 2, availableReplicas: 2 };
const RUNS = { observedGeneration: 2, desiredNumberScheduled: 3, updatedNumberScheduled: 3, numberAvailable: 3 };

const deployment = (status: object): Deployment => ({ metadata, spec: { replicas: 2 } as Deployment['spec'], status });
const daemonSet = (status: object): DaemonSet => ({ metadata, status: status as DaemonSet['status'] });

function observed(change: Partial<KubevirtObserved> = {}, status?: KubeVirt['status']): KubevirtObserved {
  return {
    kubevirt: { metadata: { name: 'kubevirt', namespace: 'quickvirt', generation: 5 }, spec: {}, status },
    config: clusterConfigFrom(undefined),
    deployments: { 'virt-api': deployment(READY), 'virt-controller': deployment(READY) },
    handlers: daemonSet(RUNS),
    authority: { notBefore: new Date('2026-07-30T00:00:00Z'), notAfter: new Date('2026-08-06T00:00:00Z') },
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
    expect(current(observed({ authority: undefined }))).toMatchObject({ status: 'False', reason: 'NoAuthority' });
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
