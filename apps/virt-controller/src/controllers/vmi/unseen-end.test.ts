import { describe, expect, test } from '@jest/globals';
import type { VirtualMachineInstance } from '@quickvirt/api';
import { FakeClock } from '@quickvirt/testing';
import type { Pod, StoreChange } from '@quickvirt/kube';
import { NodeLives } from '../node/index.ts';
import { DepartedPods } from './departed-pods.ts';
import { unseenEndLeftMs } from './unseen-end.ts';

const vmi = (phase: string, extra: object = {}, activePods?: Record<string, string>) =>
  ({
    metadata: { name: 'a', namespace: 'default', uid: 'vmi-uid', ...extra },
    spec: { terminationGracePeriodSeconds: 20, domain: { devices: {} } },
    status: { phase, nodeName: 'n1', activePods },
  }) as VirtualMachineInstance;
const gone = { type: 'LauncherGone', status: 'True', reason: 'NoProcessLeft' };
const withConditions = (instance: VirtualMachineInstance, ...conditions: object[]) =>
  ({ ...instance, status: { ...instance.status, conditions } }) as VirtualMachineInstance;
const pod = (state: object) =>
  ({
    metadata: {
      name: 'p',
      namespace: 'default',
      ownerReferences: [{ kind: 'VirtualMachineInstance', name: 'a', uid: 'vmi-uid', controller: true }],
    },
    status: { containerStatuses: [{ name: 'compute', state }] },
  }) as unknown as Pod;

/** 90 s until a silent node is found out, 10 s to act on it, 20 + 30 s for the kubelet to end the pod. */
const WAIT_MS = 150_000;

describe('a guest whose pod is gone and whose end nobody told', () => {
  test.each<[what: string, facts: Partial<Parameters<typeof unseenEndLeftMs>[0]>, leftMs: number]>([
    ['ran', {}, WAIT_MS],
    ['ran, and its pod is gone for long', { podAbsentMs: WAIT_MS }, 0],
    ['was about to run', { vmi: vmi('Scheduled') }, WAIT_MS],
    ['is deleted, too', { vmi: vmi('Running', { deletionTimestamp: '2026-01-01T00:00:00Z' }) }, WAIT_MS],
    ['had ended when its pod went', { departedPod: pod({ terminated: { exitCode: 0 } }) }, 0],
    ['ran when its pod went', { departedPod: pod({ running: {} }) }, WAIT_MS],
    ['is told to be off by virt-handler of its node', { vmi: withConditions(vmi('Running'), gone) }, 0],
    ['has its pod', { pod: pod({ running: {} }) }, 0],
    ['was never handed over', { vmi: vmi('Scheduling') }, 0],
    ['has ended', { vmi: vmi('Failed') }, 0],
  ])('%s', (_what, facts, leftMs) => {
    expect(unseenEndLeftMs({ vmi: vmi('Running'), pod: undefined, podAbsentMs: 0, ...facts })).toBe(leftMs);
  });
});

describe('how long a pod is gone', () => {
  function harness({ activePods }: { activePods?: Record<string, string> } = {}) {
    const clock = new FakeClock();
    const lives = new NodeLives();
    let tell: (change: StoreChange<Pod>) => void = () => undefined;
    const pods = { subscribe: (listener: typeof tell) => ((tell = listener), () => undefined) };
    const vmis = { subscribe: () => () => undefined, store: { get: () => vmi('Running', {}, activePods) } as never };
    return {
      clock,
      lives,
      departed: new DepartedPods(pods, vmis, lives, clock),
      told: (c: StoreChange<Pod>) => tell(c),
    };
  }

  test('counts from the first look, whatever the wall clock does', async () => {
    const { clock, departed } = harness();
    expect(departed.absentMs(vmi('Running'))).toBe(0);
    clock.setWallClock(new Date('2030-01-01T00:00:00Z'));
    await clock.advance(5_000);
    expect(departed.absentMs(vmi('Running'))).toBe(5_000);
  });

  test('starts anew when the node was silent meanwhile', async () => {
    const { clock, departed, lives } = harness();
    departed.absentMs(vmi('Running'));
    await clock.advance(5_000);
    lives.set('n1', { state: 'unresponsive', message: '' });
    lives.set('n1', { state: 'alive' });
    expect(departed.absentMs(vmi('Running'))).toBe(0);
  });

  test('goes on, and nothing is known of its end, when another pod of the instance came and went', async () => {
    const { clock, departed, told } = harness({ activePods: { first: 'n1' } });
    const instance = vmi('Running', {}, { first: 'n1' });
    departed.absentMs(instance);
    await clock.advance(5_000);
    const object = pod({ terminated: { exitCode: 0 } });
    told({ type: 'applied', object, previous: undefined });
    told({ type: 'deleted', object });
    expect(departed.absentMs(instance)).toBe(5_000);
    expect(departed.of(instance)).toBeUndefined();
  });

  test('starts anew when the pod was there meanwhile', async () => {
    const { clock, departed, told } = harness();
    departed.absentMs(vmi('Pending'));
    await clock.advance(5_000);
    told({ type: 'applied', object: pod({ running: {} }), previous: undefined });
    expect(departed.absentMs(vmi('Running'))).toBe(0);
  });
});
