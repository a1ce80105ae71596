import { describe, expect, test } from '@jest/globals';
import { finalizers, type VirtualMachineInstance } from '@quickvirt/api';
import { clusterConfigFrom } from '@quickvirt/config';
import type { Pod } from '@quickvirt/kube';
import { launcherPodName } from '@quickvirt/launcher-pod';
import type { NodeLife } from '../node/node-life.ts';
import { decideVmi } from './decide.ts';
import type { VmiEffect } from './effects.ts';
import { isStray } from './stray-pod.ts';

const NOW = new Date('2026-08-01T00:00:00Z');
const UNRESPONSIVE: NodeLife = { state: 'unresponsive', message: 'node n1 does not answer' };
const OFF: NodeLife = { state: 'off', message: 'node n1 is off: its Node object was deleted' };

function aVmi(metadata: Partial<VirtualMachineInstance['metadata']> = {}): VirtualMachineInstance {
  return {
    metadata: {
      name: 'a',
      namespace: 'default',
      uid: 'vmi-uid',
      resourceVersion: '1',
      finalizers: [finalizers.virtualMachineInstance],
      ...metadata,
    },
    spec: { domain: { devices: {} } },
    status: {
      phase: 'Running',
      nodeName: 'n1',
      activePods: { 'pod-uid': 'n1' },
      conditions: [{ type: 'Ready', status: 'True' }],
    },
  };
}

const container = (state: object) => [
  { name: 'compute', image: '', imageID: '', ready: false, restartCount: 0, state },
];
const running: Pod['status'] = { phase: 'Running', containerStatuses: container({ running: {} }) };
/** As the control plane's pod garbage collector leaves it: nobody saw the container end. */
const calledFailed: Pod['status'] = { ...running, phase: 'Failed' };
const endedByKubelet: Pod['status'] = {
  phase: 'Succeeded',
  containerStatuses: container({ terminated: { exitCode: 0 } }),
};

const aPod = (status: Pod['status'], metadata: Partial<Pod['metadata']> = {}): Pod => ({
  metadata: { name: 'p', namespace: 'default', uid: 'pod-uid', ...metadata },
  spec: { nodeName: 'n1', containers: [], terminationGracePeriodSeconds: 60 },
  status,
});

function decide(
  vmi: VirtualMachineInstance,
  pod: Pod | undefined,
  nodeLife: NodeLife,
  podAbsentMs = Infinity,
): VmiEffect[] {
  return decideVmi(
    {
      vmi,
      pod,
      podName: launcherPodName(vmi),
      vm: undefined,
      mountFailure: undefined,
      podAbsentMs,
      nodeLife,
      config: clusterConfigFrom(undefined),
      renderPod: () => {
        throw new Error('no second pod is ever made');
      },
    },
    NOW,
  ).effects;
}

const phaseOf = (effects: readonly VmiEffect[]) =>
  effects.flatMap((effect) => (effect.type === 'applyStatus' ? [effect.status.phase] : []))[0];
const ends = { deletionTimestamp: '2026-07-31T00:00:00Z', deletionGracePeriodSeconds: 45 };
const kinds = (effects: readonly VmiEffect[]) => effects.map(({ type }) => type);

describe('a guest on a node that does not answer', () => {
  test.each<[what: string, vmi: VirtualMachineInstance, pod: Pod | undefined]>([
    ['its pod as it was', aVmi(), aPod(running)],
    ['its pod ended by a taint, for as long as the node is away', aVmi(), aPod(running, ends)],
    ['its pod called failed by others than its kubelet', aVmi(), aPod(calledFailed)],
    ['its pod removed by force', aVmi(), undefined],
    ['deleted, its pod removed by force', aVmi(ends), undefined],
  ])('is neither ended nor let go: %s', (_what, vmi, pod) => {
    const effects = decide(vmi, pod, UNRESPONSIVE);
    expect(kinds(effects)).toEqual(['applyStatus', 'event']);
    expect(effects[0]).toMatchObject({
      status: {
        conditions: [{ type: 'Ready', status: 'False', reason: 'NodeUnresponsive', message: UNRESPONSIVE.message }],
      },
    });
    expect(effects[1]).toMatchObject({ event: { type: 'Warning', reason: 'NodeUnresponsive' } });
    expect(phaseOf(effects)).toBeUndefined();
  });

  test('is told of once', () => {
    const vmi = aVmi();
    const [first] = decide(vmi, aPod(running), UNRESPONSIVE);
    const conditions = first?.type === 'applyStatus' ? first.status.conditions : [];
    expect(decide({ ...vmi, status: { ...vmi.status, conditions } }, aPod(running), UNRESPONSIVE)).toEqual([]);
  });

  test('has ended if its kubelet told so before', () => {
    expect(phaseOf(decide(aVmi(), aPod(endedByKubelet), UNRESPONSIVE))).toBe('Succeeded');
  });

  test('may be deleted: its pod is asked to end, and waited for', () => {
    const effects = decide(aVmi(ends), aPod(running), UNRESPONSIVE);
    expect(effects).toContainEqual(expect.objectContaining({ type: 'deletePod', gracePeriodSeconds: 45 }));
    expect(kinds(effects)).not.toContain('setFinalizers');
  });
});

describe('a guest whose pod was removed by force on a node that is well', () => {
  const decideAt = (vmi: VirtualMachineInstance, podAbsentMs: number) =>
    decide(vmi, undefined, { state: 'alive' }, podAbsentMs);
  const saying = (...conditions: object[]): VirtualMachineInstance => {
    const vmi = aVmi();
    return { ...vmi, status: { ...vmi.status, conditions } } as VirtualMachineInstance;
  };
  const removed = 'was removed by force before its end was told, or with its node';

  test.each([
    ['ran', { type: 'Ready', status: 'True' }, `launcher pod ${launcherPodName(aVmi())} ${removed}`],
    [
      'was about to start',
      { type: 'Ready', status: 'False', reason: 'GuestNotRunning', message: 'm' },
      `launcher pod ${launcherPodName(aVmi())} ${removed}`,
    ],
    [
      'was ending',
      { type: 'Ready', status: 'False', reason: 'PodTerminating', message: 'pod p is ending: drain' },
      `pod p is ending: drain; it ${removed}`,
    ],
  ])('asks its node whether it is off, once: one that %s', (_what, ready, message) => {
    const [effect, ...others] = decideAt(saying(ready), 0);
    expect(others).toEqual([]);
    expect(effect).toMatchObject({
      type: 'applyStatus',
      status: { conditions: [{ type: 'Ready', status: 'False', reason: 'PodNotExists', message }] },
    });
    const told = saying(...(effect?.type === 'applyStatus' ? (effect.status.conditions ?? []) : []));
    expect(decideAt(told, 1_000)).toEqual([]);
  });

  const asked = { type: 'Ready', status: 'False', reason: 'PodNotExists', message: 'pod p is ending: drain; it went' };
  const gone = { type: 'LauncherGone', status: 'True', reason: 'NoProcessLeft' };

  test.each<[what: string, node: NodeLife]>([
    ['at once', { state: 'alive' }],
    ['although the node has fallen silent since', UNRESPONSIVE],
  ])('has failed %s when its node says that nothing of it is left', (_what, node) => {
    const effects = decide(saying(asked, gone), undefined, node, 0);
    expect(kinds(effects)).toEqual(['applyStatus', 'event']);
    expect(effects[0]).toMatchObject({
      status: { phase: 'Failed', reason: 'PodDeleted', lastFailure: { message: expect.stringContaining('drain') } },
    });
  });

  test('a deleted one is let go when its node says that nothing of it is left', () => {
    const vmi = saying(asked, gone);
    const deleted = { ...vmi, metadata: { ...vmi.metadata, ...ends } };
    expect(decideAt(deleted, 0)).toMatchObject([{ type: 'setFinalizers', finalizers: [] }]);
  });
});

describe('a pod that was made once more after the guest had been handed over with another', () => {
  const stray = aPod(running, { uid: 'another-pod-uid' });
  const observe = (vmi: VirtualMachineInstance, strayPod: Pod) =>
    decideVmi(
      {
        vmi,
        pod: undefined,
        strayPod,
        podName: launcherPodName(vmi),
        vm: undefined,
        mountFailure: undefined,
        podAbsentMs: 0,
        nodeLife: { state: 'alive' },
        config: clusterConfigFrom(undefined),
        renderPod: () => {
          throw new Error('no second pod is ever made');
        },
      },
      NOW,
    ).effects;

  test('is none of its pods', () => {
    expect(isStray(aVmi(), stray)).toBe(true);
    expect(isStray(aVmi(), aPod(running))).toBe(false);
    expect(isStray({ ...aVmi(), status: { phase: 'Scheduling' } }, stray)).toBe(false);
  });

  test('is taken away by its uid, once; of the guest nothing is concluded from it', () => {
    const effects = observe(aVmi(), stray);
    expect(kinds(effects)).toEqual(['deletePod', 'applyStatus']);
    expect(effects[0]).toMatchObject({ pod: { metadata: { uid: 'another-pod-uid' } } });
    expect(phaseOf(effects)).toBeUndefined();
    expect(kinds(observe(aVmi(), aPod(running, { ...ends, uid: 'another-pod-uid' })))).toEqual(['applyStatus']);
  });
});

describe('a guest on a node that is proved off', () => {
  test('has failed, and its very pod is taken away without waiting', () => {
    const effects = decide(aVmi(), aPod(running, { ...ends }), OFF);
    expect(effects[0]).toMatchObject({
      type: 'deletePod',
      pod: { metadata: { uid: 'pod-uid' } },
      gracePeriodSeconds: 0,
    });
    expect(phaseOf(effects)).toBe('Failed');
    expect(effects).toContainEqual(expect.objectContaining({ status: expect.objectContaining({ reason: 'NodeOff' }) }));
  });

  test('has failed when others removed its pod first', () => {
    const effects = decide(aVmi(), undefined, OFF);
    expect(kinds(effects)).toEqual(['applyStatus', 'event']);
    expect(effects[0]).toMatchObject({ status: { phase: 'Failed', reason: 'NodeOff' } });
  });

  test.each([running, calledFailed])('a deleted one goes at once, its pod by force', (status) => {
    const effects = decide(aVmi(ends), aPod(status, { ...ends }), OFF);
    expect(effects[0]).toMatchObject({ type: 'deletePod', gracePeriodSeconds: 0 });
    expect(decide(aVmi(ends), undefined, OFF)).toMatchObject([{ type: 'setFinalizers', finalizers: [] }]);
  });
});
