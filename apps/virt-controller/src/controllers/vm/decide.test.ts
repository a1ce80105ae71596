import { describe, expect, test } from '@jest/globals';
import {
  finalizers,
  type LastFailure,
  type VirtualMachine,
  type VirtualMachineInstance,
  type VirtualMachineRunStrategy,
} from '@quickvirt/api';
import { clusterConfigFrom } from '@quickvirt/config';
import fc from 'fast-check';
import { decideVm, failedVm, VmWriteRefused, type VmObserved } from './decide.ts';
import type { VmEffect } from './effects.ts';
import { withHostDevices } from './live-update.ts';
import { needsCurrentInstance } from './state-change-requests.ts';

const NOW = new Date('2026-08-01T00:00:00Z');
const config = clusterConfigFrom(undefined);
const fresh = { uuid: '0f0e0d0c-0b0a-4908-8706-050403020100', serial: '0f0e0d0c-0b0a-4908-8706-050403020100' };

function aVm(change: Partial<VirtualMachine['spec']> = {}, status: VirtualMachine['status'] = {}): VirtualMachine {
  return {
    metadata: {
      name: 'a',
      namespace: 'default',
      uid: 'vm-uid',
      resourceVersion: '1',
      generation: 3,
      finalizers: [finalizers.virtualMachine],
    },
    spec: {
      runStrategy: 'Always',
      template: {
        metadata: { labels: { app: 'x' } },
        spec: {
          domain: { memory: { guest: '128Mi' }, devices: { autoattachPodInterface: false } },
          volumes: [{ name: 'root', containerDisk: { image: 'registry.test/disk:1' } }],
        },
      },
      ...change,
    },
    status,
  };
}

function observed(vm: VirtualMachine, vmi?: VirtualMachineInstance): VmObserved {
  return { vm, vmi, config, jitter: 0, fresh };
}

/** The instance that the VM would create, in some phase. */
function itsInstance(vm: VirtualMachine, status: VirtualMachineInstance['status'] = {}): VirtualMachineInstance {
  const creating = aVm({ ...vm.spec, runStrategy: 'Always' });
  const effect = decideVm(observed(creating), NOW).effects.find(({ type }) => type === 'createInstance');
  if (effect?.type !== 'createInstance') throw new Error('the VM creates no instance');
  const { metadata } = effect.vmi;
  const stored = { ...metadata, uid: 'vmi-uid', resourceVersion: '1', creationTimestamp: '2026-07-31T23:00:00Z' };
  return { ...effect.vmi, metadata: stored, status };
}

const kinds = (effects: readonly VmEffect[]) => effects.map(({ type }) => type);

/** What the API server makes of the effects. A deleted instance stays until its finalizers are gone. */
function applied({ vm, vmi, ...rest }: VmObserved, effects: readonly VmEffect[]): VmObserved {
  let next: Pick<VmObserved, 'vm' | 'vmi'> = { vm, vmi };
  for (const effect of effects) next = appliedOne(next, effect);
  return { ...rest, ...next };
}

function appliedOne({ vm, vmi }: Pick<VmObserved, 'vm' | 'vmi'>, effect: VmEffect): Pick<VmObserved, 'vm' | 'vmi'> {
  switch (effect.type) {
    case 'setFinalizers':
      return { vm: { ...vm, metadata: { ...vm.metadata, finalizers: effect.finalizers } }, vmi };
    case 'setRunStrategy':
      return { vm: { ...vm, spec: { ...vm.spec, runStrategy: effect.runStrategy } }, vmi };
    case 'createInstance':
      return {
        vm,
        vmi: {
          ...effect.vmi,
          metadata: { ...effect.vmi.metadata, uid: 'vmi-uid-2', creationTimestamp: '2026-07-31T23:00:00Z' },
        },
      };
    case 'patchHostDevices':
      return { vm, vmi: vmi && withHostDevices(vmi, effect.hostDevices) };
    case 'deleteInstance':
      return { vm, vmi: vmi && { ...vmi, metadata: { ...vmi.metadata, deletionTimestamp: '2026-08-01T00:00:00Z' } } };
    case 'patchInstance': {
      const annotations = { ...vmi?.metadata.annotations, ...effect.metadata.annotations };
      return { vm, vmi: vmi && { ...vmi, metadata: { ...vmi.metadata, ...effect.metadata, annotations } } };
    }
    case 'patchStatus': {
      const merged = Object.entries({ ...vm.status, ...effect.status }).filter(([, value]) => value !== null);
      return { vm: { ...vm, status: Object.fromEntries(merged) as VirtualMachine['status'] }, vmi };
    }
    case 'event':
      return { vm, vmi };
  }
}

describe('run strategies', () => {
  const start = { action: 'Start' } as const;
  const stop = { action: 'Stop', uid: 'vmi-uid' } as const;
  type Row = [VirtualMachineRunStrategy, string | undefined, VirtualMachine['status'], string | undefined];
  const rows: Row[] = [
    ['Always', undefined, {}, 'createInstance'],
    ['Always', 'Running', {}, undefined],
    ['Always', 'Running', { stateChangeRequests: [stop] }, 'deleteInstance'],
    ['Always', 'Running', { stateChangeRequests: [{ action: 'Stop', uid: 'another' }] }, undefined],
    ['Always', 'Succeeded', {}, 'deleteInstance'],
    ['Always', 'Failed', {}, 'deleteInstance'],
    ['Halted', undefined, {}, undefined],
    ['Halted', 'Running', {}, 'deleteInstance'],
    ['Halted', 'Succeeded', {}, 'deleteInstance'],
    ['Halted', undefined, { stateChangeRequests: [start] }, 'setRunStrategy'],
    ['Manual', undefined, {}, undefined],
    ['Manual', undefined, { stateChangeRequests: [start] }, 'createInstance'],
    ['Manual', undefined, { stateChangeRequests: [stop, start] }, 'createInstance'],
    ['Manual', 'Running', {}, undefined],
    ['Manual', 'Running', { stateChangeRequests: [stop, start] }, 'deleteInstance'],
    ['Manual', 'Failed', {}, undefined],
    ['RerunOnFailure', undefined, {}, 'createInstance'],
    ['RerunOnFailure', undefined, { runStrategy: 'RerunOnFailure' }, undefined],
    ['RerunOnFailure', undefined, { runStrategy: 'RerunOnFailure', stateChangeRequests: [start] }, 'createInstance'],
    ['RerunOnFailure', 'Succeeded', {}, 'deleteInstance'],
    ['RerunOnFailure', 'Failed', { stateChangeRequests: [start] }, 'deleteInstance'],
    ['Once', undefined, {}, 'createInstance'],
    ['Once', undefined, { runStrategy: 'Once' }, undefined],
    ['Once', undefined, { runStrategy: 'Halted' }, 'createInstance'],
    ['Once', 'Failed', { runStrategy: 'Once' }, undefined],
    // Asked for under another strategy: a request is never lost.
    ['Once', undefined, { runStrategy: 'Once', stateChangeRequests: [start] }, 'createInstance'],
    ['Once', 'Running', { runStrategy: 'Once', stateChangeRequests: [stop, start] }, 'deleteInstance'],
    ['Once', 'Succeeded', { runStrategy: 'Once', stateChangeRequests: [stop, start] }, 'deleteInstance'],
  ];
  test.each(rows)('%s with an instance %s and status %j: %s', (runStrategy, phase, status, expected) => {
    const vm = aVm({ runStrategy }, status);
    const vmi = phase === undefined ? undefined : itsInstance(vm, { phase: phase as 'Running' });
    const acts = kinds(decideVm(observed(vm, vmi), NOW).effects).find(
      (kind) => !['event', 'patchStatus'].includes(kind),
    );
    expect(acts).toBe(expected);
  });

  test('RerunOnFailure notes that a start is owed before it clears a failed instance away', () => {
    const vm = aVm({ runStrategy: 'RerunOnFailure' });
    const vmi = itsInstance(vm, { phase: 'Failed', phaseTransitionTimestamps: [{ phase: 'Running' }] });
    const { effects, status } = decideVm(observed(vm, vmi), NOW);
    expect(kinds(effects)).toEqual(['patchStatus']);
    expect(status.stateChangeRequests).toEqual([{ action: 'Start' }]);
  });

  test('a start whose guest failed at once is done: it must not bar the next one for ever', () => {
    const vm = aVm({ runStrategy: 'Manual' }, { stateChangeRequests: [start] });
    const failed = itsInstance(vm, { phase: 'Failed' });
    const at = (resourceVersion: string) => ({ ...failed, metadata: { ...failed.metadata, resourceVersion } });
    expect(decideVm(observed(vm, at('2')), NOW).status.stateChangeRequests).toEqual([]);
    // Last changed before the VM: it may be an older one, gone by now, that the cache still shows.
    expect(decideVm(observed(vm, at('0')), NOW).status.stateChangeRequests).toEqual([start]);
    const rerun = aVm({ runStrategy: 'RerunOnFailure' }, { stateChangeRequests: [start] });
    expect(decideVm(observed(rerun, at('2')), NOW).status.stateChangeRequests).toEqual([start]);
  });

  test('a start that a lagging leader listed again is done once the API server shows a guest that lives', () => {
    const vm = aVm({ runStrategy: 'RerunOnFailure' }, { stateChangeRequests: [start] });
    const at = (phase: 'Running' | 'Failed', resourceVersion: string): VirtualMachineInstance => {
      const vmi = itsInstance(vm, { phase });
      return { ...vmi, metadata: { ...vmi.metadata, resourceVersion } };
    };
    const left = (vmi: VirtualMachineInstance, isVmiCurrent: boolean) =>
      decideVm({ ...observed(vm, vmi), isVmiCurrent }, NOW).status.stateChangeRequests;
    expect(needsCurrentInstance(vm, at('Running', '0'))).toBe(true);
    expect(left(at('Running', '0'), false)).toEqual([start]);
    expect(left(at('Running', '0'), true)).toEqual([]);
    expect(left(at('Failed', '0'), true)).toEqual([start]);
    // What changed after the VM did needs no question, nor does one that does not live, nor another strategy.
    expect(needsCurrentInstance(vm, at('Running', '2'))).toBe(false);
    expect(needsCurrentInstance(vm, at('Failed', '0'))).toBe(false);
    expect(needsCurrentInstance(vm, undefined)).toBe(false);
    // A deleted VM goes only when the API server has no instance.
    const deleted = { ...vm, metadata: { ...vm.metadata, deletionTimestamp: '2026-08-01T00:00:00Z' } };
    expect(needsCurrentInstance(deleted, undefined)).toBe(true);
    expect(needsCurrentInstance({ ...deleted, status: {} }, at('Running', '0'))).toBe(false);
    expect(needsCurrentInstance(aVm({ runStrategy: 'Manual' }, vm.status), at('Running', '0'))).toBe(false);
  });

  test('an ended instance makes room for a start that was owed under another strategy', () => {
    const vm = aVm({ runStrategy: 'Manual' }, { stateChangeRequests: [start] });
    const failed = itsInstance(vm, { phase: 'Failed' });
    const older = { ...failed, metadata: { ...failed.metadata, resourceVersion: '0' } };
    expect(kinds(decideVm(observed(vm, older), NOW).effects)).toContain('deleteInstance');
  });

  test('a paused start reaches the instance', () => {
    const vm = aVm({ runStrategy: 'Manual' }, { stateChangeRequests: [{ action: 'Start', data: { paused: 'true' } }] });
    const [create] = decideVm(observed(vm), NOW).effects;
    expect(create).toMatchObject({ type: 'createInstance', vmi: { spec: { startStrategy: 'Paused' } } });
  });
});

describe('a start', () => {
  const vm = aVm();
  const [create, event] = decideVm(observed(vm), NOW).effects;

  test('makes an instance that its VM controls, complete for a launcher', () => {
    expect(create).toMatchObject({
      type: 'createInstance',
      vmi: {
        metadata: {
          name: 'a',
          labels: { app: 'x' },
          annotations: { 'kubevirt.io/vm-generation': '3' },
          finalizers: [finalizers.virtualMachine, finalizers.virtualMachineInstance],
          ownerReferences: [
            { kind: 'VirtualMachine', name: 'a', uid: 'vm-uid', controller: true, blockOwnerDeletion: true },
          ],
        },
        // UUIDv5 of the VM's name in KubeVirt's name space, computed with Python's uuid module.
        spec: { domain: { firmware: { uuid: '8d9794ca-8c84-5204-b98a-721424eaae6f' } } },
      },
    });
    expect(event).toMatchObject({ type: 'event', event: { reason: 'SuccessfulCreate' } });
  });

  const notRunning = { type: 'Ready', status: 'False', reason: 'GuestNotRunning' } as const;
  const entered = (...phases: ('Scheduled' | 'Running')[]) =>
    phases.map((phase) => ({ phase, phaseTransitionTimestamp: '2026-07-31T23:59:59Z' }));

  test.each([
    ['virt-handler, who gives it the time', entered('Scheduled', 'Running')],
    ['a stand-in that leaves the time out', entered('Scheduled')],
  ])('costs two writes on the VM, however often the instance changes; it is said to run by %s', (_by, running) => {
    const scheduled = { type: 'PodScheduled', status: 'True' } as const;
    const steps: VirtualMachineInstance['status'][] = [
      undefined,
      { phase: 'Scheduling', conditions: [notRunning] },
      { phase: 'Scheduled', conditions: [scheduled, notRunning], phaseTransitionTimestamps: entered('Scheduled') },
      { phase: 'Running', conditions: [scheduled, notRunning], phaseTransitionTimestamps: running },
      { phase: 'Running', conditions: [{ type: 'Ready', status: 'True' }], phaseTransitionTimestamps: running },
    ];
    let state = applied(observed(vm), decideVm(observed(vm), NOW).effects);
    let writes = 0;
    for (const status of steps) {
      const metadata = { ...state.vmi?.metadata, creationTimestamp: '2026-07-31T23:59:59Z' };
      const vmi = { ...(state.vmi as VirtualMachineInstance), metadata, status };
      const { effects } = decideVm({ ...state, vmi }, NOW);
      writes += effects.filter(({ type }) => type !== 'event').length;
      state = applied({ ...state, vmi }, effects);
    }
    expect(writes).toBe(2);
    expect(state.vm.status).toMatchObject({ printableStatus: 'Running', created: true, ready: true });
  });

  test('whose readiness nobody adds is shown to run in the end', () => {
    const starting = aVm({}, { printableStatus: 'Starting', created: true });
    const phaseTransitionTimestamps = entered('Scheduled');
    const vmi = itsInstance(vm, { phase: 'Running', conditions: [notRunning], phaseTransitionTimestamps });
    const early = decideVm(observed(starting, vmi), NOW);
    expect(early).toMatchObject({ effects: [], requeueAfterMs: 9_000 });
    const late = decideVm(observed(starting, vmi), new Date(NOW.getTime() + 9_000));
    expect(late.effects).toMatchObject([{ type: 'patchStatus', status: { printableStatus: 'Running' } }]);
  });

  test('waits for nothing by a time that is none', () => {
    const starting = aVm({}, { printableStatus: 'Starting', created: true });
    const phaseTransitionTimestamps = [{ phase: 'Scheduled' as const, phaseTransitionTimestamp: 'soon' }];
    const vmi = itsInstance(vm, { phase: 'Running', conditions: [notRunning], phaseTransitionTimestamps });
    expect(kinds(decideVm(observed(starting, vmi), NOW).effects)).toEqual(['patchStatus']);
  });

  test('waits out the back-off after starts that failed', () => {
    const failing = aVm({}, { startFailure: { consecutiveFailCount: 2, retryAfterTimestamp: '2026-08-01T00:00:30Z' } });
    const plan = decideVm(observed(failing), NOW);
    expect(plan.requeueAfterMs).toBe(30_000);
    expect(plan.status.printableStatus).toBe('CrashLoopBackOff');
    expect(kinds(plan.effects)).toEqual(['patchStatus']);
  });

  test('that asks for what is not built says so and makes nothing', () => {
    const { effects, status } = decideVm(observed(aVm({ instancetype: { name: 'x' } })), NOW);
    expect(kinds(effects)).toEqual(['event', 'patchStatus']);
    expect(status.conditions[0]).toMatchObject({ type: 'Failure', status: 'True', reason: 'FeatureNotAvailable' });
    expect(status.conditions[0]?.message).toContain('spec.instancetype');
  });
});

describe('host devices of a running guest', () => {
  const CY = 'qat.intel.com/cy';
  const withDevices = (vm: VirtualMachine, ...names: string[]): VirtualMachine => {
    const hostDevices = names.map((name) => ({ name, deviceName: CY }));
    const { template } = vm.spec;
    const domain = { ...template.spec!.domain, devices: { ...template.spec!.domain.devices, hostDevices } };
    const metadata = { ...vm.metadata, generation: (vm.metadata.generation ?? 0) + 1 };
    return { ...vm, metadata, spec: { ...vm.spec, template: { ...template, spec: { ...template.spec!, domain } } } };
  };
  const devicesOf = (effects: readonly VmEffect[]) =>
    effects.flatMap((effect) =>
      effect.type === 'patchHostDevices' ? [effect.hostDevices.map(({ name }) => name)] : [],
    );
  const before = withDevices(aVm(), 'a', 'b');
  const running = itsInstance(before, { phase: 'Running' });
  const look = (vm: VirtualMachine, vmi = running, more: Partial<VmObserved> = {}) =>
    decideVm({ ...observed(vm, vmi), ...more }, NOW);
  const asksForRestart = ({ status }: ReturnType<typeof look>) =>
    status.conditions.some(({ type }) => type === 'RestartRequired');

  test('come and go with the template, without a restart', () => {
    const plan = look(withDevices(before, 'b', 'c'));
    expect(devicesOf(plan.effects)).toEqual([['b', 'c']]);
    expect(asksForRestart(plan)).toBe(false);
    expect(devicesOf(look(before).effects)).toEqual([]);
    const after = applied(observed(withDevices(before, 'b', 'c'), running), plan.effects);
    expect(devicesOf(decideVm(after, NOW).effects)).toEqual([]);
  });

  test('wait for a restart with the rollout strategy Stage', () => {
    const staged = { config: { ...config, vmRolloutStrategy: 'Stage' as const } };
    for (const changed of [withDevices(before, 'a', 'b', 'c'), withDevices(before, 'a')]) {
      const plan = look(changed, running, staged);
      expect(devicesOf(plan.effects)).toEqual([]);
      expect(asksForRestart(plan)).toBe(true);
    }
  });

  test('one that becomes another is left as it is until a restart; the rest changes', () => {
    const changed = withDevices(before, 'a', 'b', 'c');
    changed.spec.template.spec!.domain.devices.hostDevices![0]!.deviceName = 'qat.intel.com/dc';
    const plan = look(changed);
    expect(devicesOf(plan.effects)).toEqual([['a', 'b', 'c']]);
    expect(plan.effects.find((effect) => effect.type === 'patchHostDevices')).toMatchObject({
      hostDevices: [{ name: 'a', deviceName: CY }, {}, {}],
    });
    expect(asksForRestart(plan)).toBe(true);
  });

  test('of a guest that does not run yet, or comes to its end, are left as they are', () => {
    const changed = withDevices(before, 'a', 'b', 'c');
    for (const phase of ['Scheduling', 'Scheduled', 'Succeeded'] as const) {
      expect(devicesOf(look(changed, itsInstance(before, { phase })).effects)).toEqual([]);
    }
  });

  test('of an instance type are not taken for removed', () => {
    const typed = withDevices(before, 'a');
    const plan = look({ ...typed, spec: { ...typed.spec, instancetype: { name: 'qat' } } });
    expect(devicesOf(plan.effects)).toEqual([]);
  });
});

describe('what goes wrong', () => {
  test('a cache that lags behind the instance decides nothing: what it asks for is out of date', () => {
    const halted = aVm({ runStrategy: 'Halted' });
    const vmi = itsInstance(aVm(), { phase: 'Running' });
    const annotations = { ...vmi.metadata.annotations, 'kubevirt.io/vm-generation': '4' };
    const fromNewer = { ...vmi, metadata: { ...vmi.metadata, annotations } };
    expect(kinds(decideVm(observed(halted, vmi), NOW).effects)).toContain('deleteInstance');
    expect(decideVm(observed(halted, fromNewer), NOW).effects).toEqual([]);
    // An instance that was another VM's says nothing of this one's generations: it is adopted, and its number goes.
    const orphan = { ...fromNewer, metadata: { ...fromNewer.metadata, ownerReferences: [] } };
    expect(decideVm(observed(aVm(), orphan), NOW).effects).toContainEqual(
      expect.objectContaining({
        type: 'patchInstance',
        metadata: expect.objectContaining({ annotations: { 'kubevirt.io/vm-generation': '0' } }),
      }),
    );
  });

  test('a crashed guest that nobody starts again loses the word CrashLoopBackOff when its back-off is over', () => {
    const vm = aVm({ runStrategy: 'Once' }, { runStrategy: 'Once' });
    const plan = decideVm(observed(vm, itsInstance(vm, { phase: 'Failed' })), NOW);
    expect(plan.status.printableStatus).toBe('CrashLoopBackOff');
    expect(plan.requeueAfterMs).toBe(10_000);
  });

  test('an instance of another owner is left alone, and the VM says whose it is', () => {
    const vm = aVm();
    const vmi = itsInstance(vm, { phase: 'Running' });
    const owner = {
      apiVersion: 'kubevirt.io/v1',
      kind: 'VirtualMachineInstanceReplicaSet',
      name: 'r',
      uid: 'r',
      controller: true,
    };
    const theirs = { ...vmi, metadata: { ...vmi.metadata, ownerReferences: [owner] } };
    const { effects, status } = decideVm(observed(vm, theirs), NOW);
    expect(kinds(effects)).toEqual(['event', 'patchStatus']);
    expect(status.conditions[0]?.message).toContain('VirtualMachineInstanceReplicaSet r');
    expect(status.created).toBe(false);
  });

  test('a refused instance shows once, as event and condition', () => {
    const vm = aVm();
    const refused = new VmWriteRefused('FailedCreate', 'cannot create: quota', { cause: undefined });
    const effects = failedVm(observed(vm), refused, NOW);
    expect(kinds(effects)).toEqual(['event', 'patchStatus']);
    const told = applied(observed(vm), effects);
    expect(told.vm.status?.conditions?.[0]).toMatchObject({ type: 'Failure', reason: 'FailedCreate' });
    expect(failedVm(told, refused, NOW)).toEqual([]);
  });

  test('a VM that goes at once is not written; one whose guest takes its time says that it is terminating', () => {
    const vm = aVm({}, { printableStatus: 'Running', created: true, runStrategy: 'Always' });
    const deleted = { ...vm, metadata: { ...vm.metadata, deletionTimestamp: '2026-08-01T00:00:00Z' } };
    const first = decideVm(observed(deleted, itsInstance(vm, { phase: 'Running' })), NOW);
    expect(kinds(first.effects)).toEqual(['deleteInstance', 'event']);
    expect(first).toMatchObject({ requeueAfterMs: 2_000, status: { printableStatus: 'Terminating' } });
    const ending = applied(observed(deleted, itsInstance(vm, { phase: 'Running' })), first.effects);
    expect(kinds(decideVm({ ...ending, vmi: undefined }, NOW).effects)).toEqual(['setFinalizers']);
    expect(decideVm(ending, new Date(NOW.getTime() + 2_000)).effects).toMatchObject([
      { type: 'patchStatus', status: { printableStatus: 'Terminating' } },
    ]);
  });

  test('a VM that is deleted with --cascade=orphan leaves its guest running', () => {
    const vm = aVm();
    const vmi = itsInstance(vm, { phase: 'Running' });
    const deletionTimestamp = '2026-08-01T00:00:00Z';
    const orphaning = [finalizers.virtualMachine, 'orphan'];
    const deleted = { ...vm, metadata: { ...vm.metadata, deletionTimestamp, finalizers: orphaning } };
    expect(decideVm(observed(deleted, vmi), NOW).effects).toMatchObject([
      { type: 'setFinalizers', finalizers: ['orphan'] },
    ]);
  });

  test('an ended instance is let go only after the VM has noted its end', () => {
    const vm = aVm();
    const vmi = itsInstance(vm, { phase: 'Failed' });
    const deleted = { ...vmi, metadata: { ...vmi.metadata, deletionTimestamp: '2026-08-01T00:00:00Z' } };
    const first = decideVm(observed(vm, deleted), NOW);
    expect(kinds(first.effects)).toEqual(['patchStatus']);
    const noted = applied(observed(vm, deleted), first.effects);
    // Its pod is still there: the guest's last words may come.
    expect(decideVm(noted, NOW).effects).toEqual([]);
    const podGone = { ...deleted, metadata: { ...deleted.metadata, finalizers: [finalizers.virtualMachine] } };
    expect(decideVm({ ...noted, vmi: podGone }, NOW).effects).toMatchObject([
      { type: 'patchInstance', metadata: { finalizers: [] } },
    ]);
  });

  test('the last failure of an instance is kept while later ones run, and replaced as a whole', () => {
    const vm = aVm();
    const failed = (lastFailure: LastFailure) => itsInstance(vm, { phase: 'Failed', lastFailure });
    const first = observed(vm, failed({ reason: 'LauncherKilled', exitCode: 137, consoleLog: ['panic'] }));
    const noted = applied(first, decideVm(first, NOW).effects);
    expect(noted.vm.status?.lastFailure).toEqual({ reason: 'LauncherKilled', exitCode: 137, consoleLog: ['panic'] });
    const next = observed(noted.vm, itsInstance(vm, { phase: 'Running' }));
    expect(decideVm(next, NOW).status.lastFailure).toEqual(noted.vm.status?.lastFailure);
    const later = observed(noted.vm, failed({ reason: 'NodeOff' }));
    const [patch] = decideVm(later, NOW).effects.filter(({ type }) => type === 'patchStatus');
    expect(patch).toMatchObject({ status: { lastFailure: { reason: 'NodeOff', exitCode: null, consoleLog: null } } });
  });
});

describe('properties', () => {
  const strategy = fc.constantFrom<VirtualMachineRunStrategy>('Always', 'RerunOnFailure', 'Manual', 'Halted', 'Once');
  const phase = fc.constantFrom(undefined, '', 'Pending', 'Scheduling', 'Scheduled', 'Running', 'Succeeded', 'Failed');
  const request = fc.constantFrom(
    { action: 'Start' as const },
    { action: 'Stop' as const, uid: 'vmi-uid' },
    { action: 'Stop' as const, uid: 'gone' },
  );
  const world = fc
    .record({
      runStrategy: strategy,
      served: fc.option(strategy, { nil: undefined }),
      phase,
      deleted: fc.boolean(),
      vmDeleted: fc.boolean(),
      finalizer: fc.boolean(),
      requests: fc.array(request, { maxLength: 3 }),
      ready: fc.boolean(),
    })
    .map((draw): VmObserved => {
      const status = { runStrategy: draw.served, stateChangeRequests: draw.requests };
      const vm = aVm({ runStrategy: draw.runStrategy }, status);
      const deletionTimestamp = '2026-08-01T00:00:00Z';
      vm.metadata = {
        ...vm.metadata,
        finalizers: draw.finalizer || draw.vmDeleted ? [finalizers.virtualMachine] : [],
        ...(draw.vmDeleted ? { deletionTimestamp } : {}),
      };
      if (draw.phase === undefined) return observed(vm);
      const conditions = [{ type: 'Ready', status: draw.ready ? ('True' as const) : ('False' as const) }];
      const vmi = itsInstance(vm, { phase: draw.phase as 'Running', conditions });
      return observed(vm, draw.deleted ? { ...vmi, metadata: { ...vmi.metadata, deletionTimestamp } } : vmi);
    });

  test('after a few looks, each seeing what the last one did, nothing is left to do', () => {
    fc.assert(
      fc.property(world, (start) => {
        let state = start;
        for (let look = 0; look < 6; look++) state = applied(state, decideVm(state, NOW).effects);
        expect(decideVm(state, NOW).effects).toEqual([]);
      }),
    );
  });

  test('one look creates or deletes, never both, and deletes only the instance it saw', () => {
    fc.assert(
      fc.property(world, (state) => {
        const done = kinds(decideVm(state, NOW).effects);
        expect(done.includes('createInstance') && done.includes('deleteInstance')).toBe(false);
        if (done.includes('createInstance')) expect(state.vmi).toBeUndefined();
        if (done.includes('deleteInstance')) expect(state.vmi?.metadata.deletionTimestamp).toBeUndefined();
      }),
    );
  });

  test('a VM keeps its finalizer while it has an instance', () => {
    fc.assert(
      fc.property(world, (state) => {
        const after = applied(state, decideVm(state, NOW).effects);
        if (after.vmi) expect(after.vm.metadata.finalizers).toContain(finalizers.virtualMachine);
      }),
    );
  });
});
