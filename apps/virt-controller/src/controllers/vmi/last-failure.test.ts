import { describe, expect, test } from '@jest/globals';
import { finalizers, type VirtualMachineInstance } from '@quickvirt/api';
import { clusterConfigFrom } from '@quickvirt/config';
import type { Pod } from '@quickvirt/kube';
import { encodeExitRecord } from '@quickvirt/launcher-pod';
import { decideVmi, type VmiObserved } from './decide.ts';
import { trimPod } from './trim-pod.ts';

const NOW = new Date('2026-08-01T00:00:00Z');
const ENDED_AT = '2026-07-31T23:59:58Z';

const vmi = (status: VirtualMachineInstance['status'] = {}, metadata = {}): VirtualMachineInstance => ({
  metadata: { name: 'a', namespace: 'default', uid: 'vmi-uid', resourceVersion: '1', ...metadata },
  spec: { domain: { devices: {} } },
  status: { phase: 'Running', nodeName: 'n1', activePods: { 'pod-uid': 'n1' }, ...status },
});

const blank = { image: '', imageID: '', ready: false, restartCount: 0 };

/** As the cache holds it. */
function aPod(compute: object, consoleMessage?: string): Pod {
  const shown =
    consoleMessage === undefined ? { running: {} } : { terminated: { exitCode: 143, message: consoleMessage } };
  return trimPod({
    metadata: { name: 'p', namespace: 'default', uid: 'pod-uid' },
    spec: { nodeName: 'n1', containers: [] },
    status: {
      phase: 'Failed',
      containerStatuses: [{ name: 'compute', ...blank, state: { terminated: { finishedAt: ENDED_AT, ...compute } } }],
      initContainerStatuses: [{ name: 'guest-console-log', ...blank, state: shown }],
    },
  } as unknown as Pod);
}

function decide(observed: Pick<VmiObserved, 'vmi' | 'pod'> & Partial<VmiObserved>) {
  const rest = {
    podName: 'p',
    podAbsentMs: Infinity,
    vm: undefined,
    mountFailure: undefined,
    nodeLife: { state: 'alive' } as const,
  };
  const config = clusterConfigFrom(undefined);
  return decideVmi({ ...rest, config, renderPod: () => aPod({}), ...observed }, NOW).effects;
}

const failureIn = (effects: ReturnType<typeof decide>) =>
  effects.flatMap((effect) => (effect.type === 'applyStatus' ? [effect.status.lastFailure] : []))[0];

const killed = { exitCode: 137, signal: 9, message: '{"level":"info","message":"step done"}\n' };

describe('the last words of a guest', () => {
  test('are those of the exit record when the launcher left one', () => {
    const record = encodeExitRecord({
      version: 1,
      phase: 'Failed',
      reason: 'QEMUKilled',
      message: 'QEMU was killed',
      lastLogLines: ['qemu: terminating'],
      libvirtLines: ['lost the monitor'],
      launcherLines: ['a warning'],
      consoleLines: ['\u001b[31mKernel panic\u001b[0m'],
    });
    expect(failureIn(decide({ vmi: vmi(), pod: aPod({ exitCode: 3, message: record }) }))).toEqual({
      reason: 'QEMUKilled',
      message: 'QEMU was killed',
      exitCode: 3,
      time: ENDED_AT,
      instanceUID: 'vmi-uid',
      nodeName: 'n1',
      podName: 'p',
      qemuLog: ['qemu: terminating'],
      libvirtLog: ['lost the monitor'],
      launcherLog: ['a warning'],
      consoleLog: ['Kernel panic'],
    });
  });

  test('are the launcher’s log and the guest’s console, as the kubelet kept them, when it was killed', () => {
    expect(failureIn(decide({ vmi: vmi(), pod: aPod(killed, 'booting\r\nlogin: ') }))).toMatchObject({
      reason: 'LauncherKilled',
      exitCode: 137,
      launcherLog: ['{"level":"info","message":"step done"}'],
      consoleLog: ['booting', 'login:'],
    });
  });

  test('are completed when the console comes later, once', () => {
    const [first] = decide({ vmi: vmi(), pod: aPod(killed) });
    const status = first?.type === 'applyStatus' ? { ...vmi().status, ...first.status } : {};
    expect(status.lastFailure?.consoleLog).toBeUndefined();
    const pod = aPod(killed, 'the end');
    const second = decide({ vmi: vmi(status), pod });
    expect(failureIn(second)).toEqual({ ...status.lastFailure, consoleLog: ['the end'] });
    expect(decide({ vmi: vmi({ ...status, lastFailure: failureIn(second) }), pod })).toEqual([]);
  });

  test('come before a deleted instance may go, even from a pod that is gone already', () => {
    const lastFailure = { reason: 'LauncherKilled' };
    const conditions = [{ type: 'Ready', status: 'False' as const }];
    const metadata = { deletionTimestamp: ENDED_AT, finalizers: [finalizers.virtualMachineInstance] };
    const gone = vmi({ phase: 'Failed', lastFailure, conditions }, metadata);
    const departedPod = aPod(killed, 'the end');
    const effects = decide({ vmi: gone, pod: undefined, departedPod });
    expect(effects.map(({ type }) => type)).toEqual(['applyStatus']);
    const told = vmi({ ...gone.status, lastFailure: failureIn(effects) }, metadata);
    expect(decide({ vmi: told, pod: undefined, departedPod }).map(({ type }) => type)).toEqual(['setFinalizers']);
  });

  test('are not kept of a guest that ended well', () => {
    expect(failureIn(decide({ vmi: vmi(), pod: aPod({ exitCode: 0 }) }))).toBeUndefined();
  });
});
