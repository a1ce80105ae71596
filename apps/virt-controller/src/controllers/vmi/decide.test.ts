import { describe, expect, test } from '@jest/globals';
import {
  finalizers,
  type VirtualMachine,
  type VirtualMachineInstance,
  type VirtualMachineInstancePhase,
} from '@quickvirt/api';
import { clusterConfigFrom } from '@quickvirt/config';
import { findCondition, type Pod } from '@quickvirt/kube';
import { encodeExitRecord, launcherPodName } from '@quickvirt/launcher-pod';
import fc from 'fast-check';
import { trimPod } from './trim-pod.ts';
import { decideVmi, failedVmi, PodRefused, type VmiObserved } from './decide.ts';
import type { VmiEffect } from './effects.ts';
import { phasesAfter, type PhaseEvent } from './phases.ts';

const NOW = new Date('2026-08-01T00:00:00Z');
const AT = '2026-07-31T23:00:00Z';

function aVmi(
  status: VirtualMachineInstance['status'] = {},
  metadata: Partial<VirtualMachineInstance['metadata']> = {},
): VirtualMachineInstance {
  return {
    metadata: {
      name: 'a',
      namespace: 'default',
      uid: 'vmi-uid',
      resourceVersion: '1',
      creationTimestamp: AT,
      finalizers: [finalizers.virtualMachine, finalizers.virtualMachineInstance],
      ...metadata,
    },
    spec: { terminationGracePeriodSeconds: 20, domain: { memory: { guest: '128Mi' }, devices: {} } },
    status,
  };
}

type PodStatus = NonNullable<Pod['status']>;
const compute = (state: object) => [{ name: 'compute', image: '', imageID: '', ready: false, restartCount: 0, state }];
const WAITING: PodStatus = {
  phase: 'Pending',
  containerStatuses: compute({ waiting: { reason: 'ContainerCreating' } }),
};
const OPEN = { type: 'kubevirt.io/virtual-machine-unpaused', status: 'True' };

const RUNNING: PodStatus = {
  phase: 'Running',
  qosClass: 'Burstable',
  conditions: [OPEN, { type: 'PodScheduled', status: 'True' }, { type: 'Ready', status: 'True' }],
  containerStatuses: compute({ running: { startedAt: AT } }),
};
const ended = (terminated: object, status: PodStatus = {}): PodStatus => ({
  phase: 'Failed',
  containerStatuses: compute({ terminated: { exitCode: 0, ...terminated } }),
  ...status,
});

const vmi0 = aVmi();
const podName = launcherPodName(vmi0);

function aPod(status: PodStatus, metadata: Partial<Pod['metadata']> = {}): Pod {
  return {
    metadata: { name: podName, namespace: 'default', uid: 'pod-uid', ...metadata },
    // As rendered: the guest's 20 s and 30 s more.
    spec: {
      nodeName: 'node1',
      terminationGracePeriodSeconds: 50,
      containers: [{ name: 'compute', resources: { requests: { memory: '200Mi' } } }],
    },
    status,
  };
}

function observed(vmi: VirtualMachineInstance, pod?: Pod, rest: Partial<VmiObserved> = {}): VmiObserved {
  return {
    vmi,
    pod,
    podName,
    vm: undefined,
    mountFailure: undefined,
    podAbsentMs: Infinity,
    nodeLife: { state: 'alive' },
    config: clusterConfigFrom(undefined),
    renderPod: () => aPod({}),
    ...rest,
  };
}

const decide = (state: VmiObserved) => decideVmi(state, NOW).effects;
const kinds = (effects: readonly VmiEffect[]) => effects.map(({ type }) => type);
const statusOf = (effects: readonly VmiEffect[]) => {
  const effect = effects.find(({ type }) => type === 'applyStatus');
  return effect?.type === 'applyStatus' ? effect.status : undefined;
};

/** What the API server makes of a label and the readiness gate. */
function marked(pod: Pod, labels: Record<string, string>, unpaused: boolean): Pod {
  const others = (pod.status?.conditions ?? []).filter(({ type }) => type !== OPEN.type);
  const gate = { type: OPEN.type, status: unpaused ? 'True' : 'False' };
  return { ...pod, metadata: { ...pod.metadata, labels }, status: { ...pod.status, conditions: [...others, gate] } };
}

/** What the API server makes of the effects; a pod that was never started goes at once when deleted. */
function applied(state: VmiObserved, effects: readonly VmiEffect[]): VmiObserved {
  let { vmi, pod } = state;
  for (const effect of effects) {
    switch (effect.type) {
      case 'setFinalizers':
        vmi = { ...vmi, metadata: { ...vmi.metadata, finalizers: effect.finalizers } };
        break;
      case 'createPod':
        pod = effect.pod;
        break;
      case 'deletePod':
        pod = aPod(effect.pod.status ?? {}, {
          ...effect.pod.metadata,
          deletionTimestamp: AT,
          deletionGracePeriodSeconds: effect.gracePeriodSeconds,
        });
        break;
      case 'markPod':
        pod = pod && marked(pod, effect.labels, effect.unpaused);
        break;
      case 'labelInstance':
        vmi = { ...vmi, metadata: { ...vmi.metadata, labels: effect.labels } };
        break;
      case 'applyStatus':
        vmi = { ...vmi, status: appliedStatus(vmi.status ?? {}, effect.status) };
        break;
      case 'event':
        break;
    }
  }
  return { ...state, vmi, pod };
}

const OURS = ['PodScheduled', 'Ready', 'Synchronized'];

/** Server-side apply: what the manager owned and leaves out goes; Synchronized is virt-handler's once it is True. */
function appliedStatus(current: NonNullable<VirtualMachineInstance['status']>, next: typeof current): typeof current {
  const theirs = (current.conditions ?? []).filter(
    ({ type, status }) => !OURS.includes(type) || (type === 'Synchronized' && status === 'True'),
  );
  return { ...current, ...next, conditions: [...theirs, ...(next.conditions ?? [])] };
}

describe('the way to a node', () => {
  test('a new instance gets its pod, and the status says so in one write', () => {
    const effects = decide(observed(vmi0));
    expect(kinds(effects)).toEqual(['createPod', 'event', 'applyStatus']);
    expect(statusOf(effects)).toMatchObject({
      phase: 'Scheduling',
      phaseTransitionTimestamps: [{ phase: 'Pending' }, { phase: 'Scheduling' }],
      conditions: [{ type: 'Ready', status: 'False', reason: 'GuestNotRunning' }],
    });
  });

  test('an instance that came past admission is held before it gets a pod', () => {
    const effects = decide(observed(aVmi({}, { finalizers: [] })));
    expect(kinds(effects).slice(0, 2)).toEqual(['setFinalizers', 'createPod']);
  });

  test('the steps of the scheduler and the kubelet cost no write', () => {
    const state = applied(observed(vmi0), decide(observed(vmi0)));
    const placed: PodStatus = { ...WAITING, conditions: [{ type: 'PodScheduled', status: 'True' }] };
    for (const status of [{}, WAITING, placed]) expect(decide({ ...state, pod: aPod(status) })).toEqual([]);
  });

  test('a pod that runs is handed over: label and status of the instance, label of the pod', () => {
    const effects = decide(observed(aVmi({ phase: 'Scheduling' }), aPod(RUNNING)));
    expect(kinds(effects)).toEqual(['labelInstance', 'applyStatus', 'markPod']);
    expect(statusOf(effects)).toMatchObject({
      phase: 'Scheduled',
      nodeName: 'node1',
      activePods: { 'pod-uid': 'node1' },
      qosClass: 'Burstable',
    });
  });

  test('a paused guest closes its pod to work, and opens it again, with one write each', () => {
    const paused = aVmi(
      { phase: 'Running', nodeName: 'node1', conditions: [{ type: 'Paused', status: 'True' }] },
      { labels: { 'kubevirt.io/nodeName': 'node1' } },
    );
    const pod = aPod(RUNNING, { labels: { 'kubevirt.io/nodeName': 'node1' } });
    const state = applied(observed(paused, pod), decide(observed(paused, pod)));
    expect(state.pod?.status?.conditions).toContainEqual({ ...OPEN, status: 'False' });
    expect(kinds(decide(state))).not.toContain('markPod');
    const resumed = { ...state, vmi: { ...state.vmi, status: { ...state.vmi.status, conditions: [] } } };
    expect(decide(resumed)).toContainEqual(expect.objectContaining({ type: 'markPod', unpaused: true }));
  });

  test('the phase is left to virt-handler once it says Running', () => {
    const running = aVmi({ phase: 'Running', nodeName: 'node1' }, { labels: { 'kubevirt.io/nodeName': 'node1' } });
    const effects = decide(observed(running, aPod(RUNNING, { labels: { 'kubevirt.io/nodeName': 'node1' } })));
    expect(kinds(effects)).toEqual(['applyStatus']);
    expect(statusOf(effects)).not.toHaveProperty('phase');
    expect(statusOf(effects)?.conditions).toMatchObject([
      { type: 'PodScheduled', status: 'True' },
      { type: 'Ready', status: 'True' },
    ]);
  });
});

describe('readiness before the kubelet has weighed our gate', () => {
  const notWeighed = { type: 'Ready', status: 'False', reason: 'ReadinessGatesNotReady', message: 'a gate is closed' };
  const gate = (conditionType: string) => ({ conditionType });
  const ready = (conditions: PodStatus['conditions'], gates: string[]) => {
    const pod = aPod({ ...RUNNING, conditions }, { labels: { 'kubevirt.io/nodeName': 'node1' } });
    const gated = trimPod({ ...pod, spec: { containers: [], ...pod.spec, readinessGates: gates.map(gate) } });
    const running = aVmi({ phase: 'Running', nodeName: 'node1' }, { labels: { 'kubevirt.io/nodeName': 'node1' } });
    return findCondition(statusOf(decide(observed(running, gated)))?.conditions, 'Ready');
  };

  test.each<[string, PodStatus['conditions'], string[], object]>([
    ['open and the only one: ready', [OPEN, notWeighed], [OPEN.type], { status: 'True' }],
    ['closed: not', [{ ...OPEN, status: 'False' }, notWeighed], [OPEN.type], { status: 'False' }],
    ["another's beside it: the kubelet's word counts", [OPEN, notWeighed], [OPEN.type, 'a/b'], { status: 'False' }],
    [
      'containers that are not ready: not',
      [OPEN, { ...notWeighed, reason: 'ContainersNotReady' }],
      [OPEN.type],
      { status: 'False', reason: 'ContainersNotReady' },
    ],
  ])('%s', (_name, conditions, gates, expected) => expect(ready(conditions, gates)).toMatchObject(expected));
});

describe('what keeps a guest from starting', () => {
  const scheduling = aVmi({ phase: 'Scheduling' });
  const waiting = (reason: string): PodStatus => ({
    containerStatuses: compute({ waiting: { reason, message: 'because' } }),
  });
  const unplaced: PodStatus = {
    conditions: [
      { type: 'PodScheduled', status: 'False', reason: 'Unschedulable', message: '0/1 nodes: Insufficient memory.' },
    ],
  };
  test.each<[string, PodStatus, string | undefined, string, string, string]>([
    ['no such image', waiting('ErrImagePull'), undefined, 'Synchronized', 'ErrImagePull', 'check the image name'],
    ['the image again', waiting('ImagePullBackOff'), undefined, 'Synchronized', 'ImagePullBackOff', 'because'],
    [
      'a missing key of a Secret',
      waiting('CreateContainerConfigError'),
      undefined,
      'Synchronized',
      'CreateContainerConfigError',
      'create the Secret',
    ],
    ['a missing Secret', WAITING, 'secret "x" not found', 'Synchronized', 'FailedMount', 'secret "x" not found'],
    ['no room', unplaced, undefined, 'PodScheduled', 'Unschedulable', 'the launcher pod asks for memory=200Mi'],
  ])('%s', (_what, status, mountFailure, type, reason, words) => {
    const effects = decide(observed(scheduling, aPod(status), { mountFailure }));
    const condition = findCondition(statusOf(effects)?.conditions, type);
    expect(condition).toMatchObject({ status: 'False', reason });
    expect(condition?.message).toContain(words);
    const state = applied(observed(scheduling, aPod(status), { mountFailure }), effects);
    expect(decide(state)).toEqual([]);
    expect(findCondition(statusOf(decide({ ...state, pod: aPod(RUNNING) }))?.conditions, type)?.status).not.toBe(
      'False',
    );
  });

  test('a feature that is not built: no pod, a condition and an event that name the field', () => {
    const vmi = aVmi();
    const asking = { ...vmi, spec: { ...vmi.spec, livenessProbe: { guestAgentPing: {} } } };
    const effects = decide(observed(asking));
    expect(kinds(effects)).toEqual(['applyStatus', 'event']);
    expect(statusOf(effects)).toMatchObject({
      phase: 'Pending',
      conditions: [{ reason: 'FeatureNotAvailable' }, { type: 'Ready' }],
    });
    expect(decide(applied(observed(asking), effects))).toEqual([]);
  });

  test('an instance that cannot be rendered says why', () => {
    const renderPod = () => {
      throw new Error('spec.x: cannot be');
    };
    const condition = statusOf(decide(observed(vmi0, undefined, { renderPod })))?.conditions?.[0];
    expect(condition).toMatchObject({ type: 'Synchronized', reason: 'FailedCreate' });
    expect(condition?.message).toContain('spec.x: cannot be');
  });

  test('a pod that the API server refuses shows once', () => {
    const refused = new PodRefused('exceeded quota', { cause: undefined });
    const effects = failedVmi(observed(vmi0), refused, NOW);
    expect(kinds(effects)).toEqual(['applyStatus', 'event']);
    expect(failedVmi(applied(observed(vmi0), effects), refused, NOW)).toEqual([]);
    expect(failedVmi(observed(vmi0), new Error('connection lost'), NOW)).toEqual([]);
  });
});

describe('the end', () => {
  const record = (phase: 'Succeeded' | 'Failed', reason: string) =>
    encodeExitRecord({ version: 1, phase, reason, message: 'words', lastLogLines: [] });
  test.each<[string, PodStatus | undefined, string, string]>([
    [
      'the guest powered off',
      ended({ message: record('Succeeded', 'GuestPoweredOff') }),
      'Succeeded',
      'GuestPoweredOff',
    ],
    ['QEMU was killed', ended({ exitCode: 3, message: record('Failed', 'QEMUKilled') }), 'Failed', 'QEMUKilled'],
    [
      'the kernel took it for its memory',
      ended({ exitCode: 3, reason: 'OOMKilled', message: record('Failed', 'QEMUKilled') }),
      'Failed',
      'OOMKilled',
    ],
    ['the launcher was killed', ended({ exitCode: 137 }), 'Failed', 'LauncherKilled'],
    ['the launcher failed', ended({ exitCode: 1, message: 'a panic of its own' }), 'Failed', 'LauncherFailed'],
    ['the launcher ended without a word', ended({ exitCode: 0 }), 'Succeeded', 'LauncherEnded'],
    ['the kubelet evicted it', ended({}, { reason: 'Evicted', message: 'disk pressure' }), 'Failed', 'Evicted'],
    [
      'the node refused it',
      { phase: 'Failed', reason: 'UnexpectedAdmissionError', message: 'no device' },
      'Failed',
      'UnexpectedAdmissionError',
    ],
    ['the pod is gone', undefined, 'Failed', 'PodDeleted'],
  ])('%s', (_what, status, phase, reason) => {
    const state = observed(aVmi({ phase: 'Running' }), status && aPod(status));
    const effects = decide(state);
    expect(kinds(effects)).toEqual(['applyStatus', 'event']);
    expect(statusOf(effects)).toMatchObject({ phase, reason });
    expect(findCondition(statusOf(effects)?.conditions, 'Ready')).toMatchObject({
      status: 'False',
      reason: 'GuestNotRunning',
    });
    expect(decide(applied(state, effects))).toEqual([]);
  });

  test('what is written of an ended guest is not written anew when its pod goes', () => {
    const conditions = [{ type: 'Ready', status: 'False' as const, reason: 'GuestNotRunning', message: 'it ended' }];
    expect(decide(observed(aVmi({ phase: 'Failed', reason: 'QEMUKilled', conditions })))).toEqual([]);
  });

  test("virt-handler's word stands, but the readiness goes", () => {
    const conditions = [{ type: 'Ready', status: 'True' as const }];
    const effects = decide(observed(aVmi({ phase: 'Succeeded', conditions }), aPod(ended({ exitCode: 1 }))));
    expect(statusOf(effects)).toMatchObject({ phase: 'Succeeded', conditions: [{ type: 'Ready', status: 'False' }] });
  });
});

describe('deletion', () => {
  const deleted = (phase: VirtualMachineInstancePhase, spec: object = {}) => {
    const vmi = aVmi({ phase }, { deletionTimestamp: AT });
    return { ...vmi, spec: { ...vmi.spec, ...spec } };
  };

  test.each<[string, VmiObserved, unknown]>([
    ['without a pod it may go', observed(deleted('Pending')), [{ type: 'setFinalizers', finalizers: [] }]],
    [
      'the pod gets the grace period and a margin',
      observed(deleted('Running'), aPod(RUNNING)),
      [{ type: 'deletePod', gracePeriodSeconds: 35 }, { type: 'event' }],
    ],
    [
      'a pod that ends is waited for',
      observed(deleted('Running'), aPod(RUNNING, { deletionTimestamp: AT, deletionGracePeriodSeconds: 35 })),
      [],
    ],
    [
      'a shorter grace period cuts it short',
      observed(
        deleted('Running', { terminationGracePeriodSeconds: 3 }),
        aPod(RUNNING, { deletionTimestamp: AT, deletionGracePeriodSeconds: 35 }),
      ),
      [{ type: 'deletePod', gracePeriodSeconds: 3 }],
    ],
    [
      'none at all still leaves the kubelet a second',
      observed(deleted('Running', { terminationGracePeriodSeconds: 0 }), aPod(RUNNING)),
      [{ type: 'deletePod', gracePeriodSeconds: 1 }, { type: 'event' }],
    ],
  ])('%s', (_what, state, expected) => {
    expect(decide(state)).toMatchObject(expected as object);
  });

  test('of a VM with its instance is told by the event of the VM alone', () => {
    const vm: VirtualMachine = { metadata: { name: 'a', deletionTimestamp: AT }, spec: { template: {} } };
    expect(decide(observed(deleted('Running'), aPod(RUNNING), { vm }))).toMatchObject([{ type: 'deletePod' }]);
  });

  test('of a VM with its instance is told by the event of the VM alone', () => {
    const vm: VirtualMachine = { metadata: { name: 'a', deletionTimestamp: AT }, spec: { template: {} } };
    const effects = decide(observed(deleted('Running'), aPod(RUNNING), { vm }));
    expect(effects.map(({ type }) => type)).toEqual(['deletePod']);
    const leaving = (end: object) => aPod(ended(end), { deletionTimestamp: AT, deletionGracePeriodSeconds: 35 });
    const told = (end: object) => decide(observed(deleted('Running'), leaving(end), { vm })).map(({ type }) => type);
    expect(told({ exitCode: 0 })).toEqual(['applyStatus']);
    expect(told({ exitCode: 137 })).toEqual(['applyStatus', 'event']);
  });

  test('a VM that must know the end keeps its finalizer, and is told the end first', () => {
    const vm: VirtualMachine = { metadata: { name: 'a' }, spec: { runStrategy: 'RerunOnFailure', template: {} } };
    const gone = decide(observed(deleted('Running'), undefined, { vm }));
    expect(gone).toMatchObject([{ type: 'setFinalizers', finalizers: [finalizers.virtualMachine] }]);
    const end = decide(observed(deleted('Running'), aPod(ended({ exitCode: 137 }), { deletionTimestamp: AT }), { vm }));
    expect(statusOf(end)).toMatchObject({ phase: 'Failed' });
    // virt-handler lets go of the pod at a final phase only: the kubelet could not unmount its volumes.
    expect(
      statusOf(decide(observed(deleted('Running'), aPod(ended({ exitCode: 137 }), { deletionTimestamp: AT })))),
    ).toMatchObject({ phase: 'Failed' });
    const halted = { ...vm, spec: { ...vm.spec, runStrategy: 'Halted' as const } };
    expect(decide(observed(deleted('Running'), undefined, { vm: halted }))).toMatchObject([{ finalizers: [] }]);
  });
});

describe('phases', () => {
  const order: VirtualMachineInstancePhase[] = ['', 'Pending', 'Scheduling', 'Scheduled', 'Running'];
  const rank = (phase: VirtualMachineInstancePhase) =>
    phase === 'Succeeded' || phase === 'Failed' ? order.length : order.indexOf(phase);
  const anyPhase = fc.constantFrom<VirtualMachineInstancePhase>(...order, 'Succeeded', 'Failed');
  const anyEvent = fc.constantFrom<PhaseEvent>('blocked', 'podCreated', 'podStarted', 'guestEnded', 'guestFailed');

  test('only ever go forward, and end for good', () => {
    fc.assert(
      fc.property(anyPhase, fc.array(anyEvent), (start, events) => {
        let last = start;
        for (const phase of phasesAfter(start, events)) {
          expect(rank(phase)).toBeGreaterThan(rank(last));
          last = phase;
        }
        if (rank(start) === order.length) expect(last).toBe(start);
      }),
    );
  });
});

describe('properties', () => {
  const pod = fc
    .record({
      status: fc.constantFrom<PodStatus>(
        {},
        WAITING,
        RUNNING,
        ended({ exitCode: 1 }),
        ended({}, { phase: 'Succeeded' }),
      ),
      deleted: fc.boolean(),
    })
    .map(({ status, deleted }) =>
      aPod(status, deleted ? { deletionTimestamp: AT, deletionGracePeriodSeconds: 35 } : {}),
    );
  const world = fc
    .record({
      phase: fc.constantFrom<VirtualMachineInstancePhase>(
        '',
        'Pending',
        'Scheduling',
        'Scheduled',
        'Running',
        'Succeeded',
        'Failed',
      ),
      ready: fc.constantFrom('True' as const, 'False' as const, undefined),
      deleted: fc.boolean(),
      pod: fc.option(pod, { nil: undefined }),
      mountFailure: fc.constantFrom(undefined, 'secret not found'),
    })
    .map(({ phase, ready, deleted, pod: launcher, mountFailure }) => {
      const conditions = ready ? [{ type: 'Ready', status: ready }] : [];
      const vmi = aVmi({ phase, conditions }, deleted ? { deletionTimestamp: AT } : {});
      return observed(vmi, launcher, { mountFailure });
    });

  test('after two looks, the second seeing what the first did, nothing is left to do and nothing is told', () => {
    fc.assert(
      fc.property(world, (start) => {
        let state = applied(start, decide(start));
        state = applied(state, decide(state));
        expect(decide(state)).toEqual([]);
      }),
    );
  });

  test('a finalizer goes only when no pod is left, and an instance never gets a second pod', () => {
    fc.assert(
      fc.property(world, (state) => {
        const done = kinds(decide(state));
        if (state.pod) expect(done).not.toContain('createPod');
        if (state.vmi.metadata.deletionTimestamp) expect(done).not.toContain('createPod');
        if (state.pod && state.vmi.metadata.deletionTimestamp) expect(done).not.toContain('setFinalizers');
      }),
    );
  });
});
