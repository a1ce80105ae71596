import type { VirtualMachineInstance } from '@quickvirt/api';
import { clusterConfigFrom, domainConfigFrom } from '@quickvirt/config';
import type { DomainState } from '@quickvirt/rpc';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { SyncOutcome } from '../launchers/launcher-connection.ts';
import { decideVmi, type ObservedLauncher, type VmiObserved } from './decide.ts';
import type { VmiEffect } from './effects.ts';

const POD = '11111111-2222-3333-4444-555555555555';
const NOW = new Date('2026-11-21T12:00:00Z');
const config = domainConfigFrom(clusterConfigFrom(undefined));

function aVmi(status: VirtualMachineInstance['status'], metadata: object = {}): VirtualMachineInstance {
  return {
    metadata: { name: 'a', namespace: 'default', uid: 'u', resourceVersion: '1', generation: 1, ...metadata },
    spec: {
      domain: { devices: { disks: [{ name: 'root' }] }, memory: { guest: '128Mi' } },
      volumes: [{ name: 'root' }, { name: 'unused' }],
    },
    status: { nodeName: 'n', activePods: { [POD]: 'n' }, ...status },
  };
}

function aState(state: Partial<DomainState> = {}): DomainState {
  return {
    phase: 'DOMAIN_PHASE_RUNNING',
    reason: 'booted',
    uuid: '',
    machineType: 'pc-q35-7.2',
    guestMemoryBytes: 128 * 1024 * 1024,
    error: '',
    domainXml: '',
    guestPciDevices: [],
    ...state,
  };
}

function aLauncher(state: Partial<DomainState> = {}, launcher: Partial<ObservedLauncher> = {}): ObservedLauncher {
  return {
    podUid: POD,
    openedAt: NOW,
    view: { type: 'heard', state: aState(state) },
    syncOutcome: undefined,
    disks: [{ name: 'root', target: 'vda' }],
    shutdownTold: false,
    ...launcher,
  };
}

function observed(vmi: VirtualMachineInstance, launcher?: ObservedLauncher): VmiObserved {
  const podUid = vmi.status?.activePods?.[POD] === undefined ? undefined : POD;
  return { vmi, podUid, config, configRevision: 'r1', launcher };
}

const decide = (vmi: VirtualMachineInstance, launcher?: ObservedLauncher, now = NOW) =>
  decideVmi(observed(vmi, launcher), now);
const kinds = (effects: VmiEffect[]) =>
  effects.map((effect) => (effect.type === 'event' ? `${effect.type} ${effect.event.reason}` : effect.type));

const none = { phase: 'DOMAIN_PHASE_UNSPECIFIED', machineType: '', guestMemoryBytes: 0 } as const;

describe('what virt-handler does', () => {
  test.each<[string, VirtualMachineInstance, ObservedLauncher | undefined, string[]]>([
    [
      'a handed-over instance: follow its launcher',
      aVmi({ phase: 'Scheduled' }),
      undefined,
      ['liftCpuLimit', 'connect'],
    ],
    [
      "another pod's launcher is followed: follow the right one",
      aVmi({ phase: 'Scheduled' }),
      aLauncher({}, { podUid: 'other' }),
      ['liftCpuLimit', 'connect'],
    ],
    [
      'found running by a new process: what a predecessor lifted is put back',
      aVmi({ phase: 'Running' }),
      undefined,
      ['restoreCpuLimit', 'connect'],
    ],
    ['not handed over yet: nothing', aVmi({ phase: 'Scheduling' }), undefined, []],
    ['ended: let the launcher go', aVmi({ phase: 'Failed' }), aLauncher(), ['disconnect']],
    ['ended and let go: nothing', aVmi({ phase: 'Succeeded' }), undefined, []],
    ['no pod on this node: let go', aVmi({ phase: 'Running', activePods: {} }), aLauncher(), ['disconnect']],
    ['the launcher has no domain: ask for it', aVmi({ phase: 'Scheduled' }), aLauncher(none), ['syncDomain']],
    [
      'asked for already: wait for the state',
      aVmi({ phase: 'Scheduled' }),
      aLauncher(none, { syncOutcome: { type: 'synced', wish: '1/r1' } }),
      [],
    ],
    [
      'asked for with an older spec: ask again',
      aVmi({ phase: 'Scheduled' }, { generation: 2 }),
      aLauncher(none, { syncOutcome: { type: 'refused', wish: '1/r1', reason: 'X', message: 'm' } }),
      ['syncDomain'],
    ],
    [
      'deleted before it started: nothing is started',
      aVmi({ phase: 'Scheduled' }, { deletionTimestamp: '2026-11-21T11:00:00Z' }),
      aLauncher(none),
      [],
    ],
    [
      'deleted before its launcher spoke: the pod is let go',
      aVmi({ phase: 'Scheduled' }, { deletionTimestamp: '2026-11-21T11:00:00Z' }),
      aLauncher({}, { view: { type: 'silent', since: NOW } }),
      ['disconnect'],
    ],
    [
      'deleted before its launcher was followed: it is not',
      aVmi({ phase: 'Scheduled' }, { deletionTimestamp: '2026-11-21T11:00:00Z' }),
      undefined,
      [],
    ],
    [
      'the guest runs: Running, and the events of it',
      aVmi({ phase: 'Scheduled' }),
      aLauncher(),
      ['applyStatus', 'event Created', 'event Started', 'restoreCpuLimit'],
    ],
    [
      'the guest ended: virt-controller judges',
      aVmi({ phase: 'Running' }),
      aLauncher({ phase: 'DOMAIN_PHASE_SHUT_OFF' }),
      [],
    ],
    ['Running but no domain: it is not started twice', aVmi({ phase: 'Running' }), aLauncher(none), []],
  ])('%s', (_name, vmi, launcher, expected) => expect(kinds(decide(vmi, launcher).effects)).toEqual(expected));

  test('the status of a running guest', () => {
    const [effect] = decide(aVmi({ phase: 'Scheduled' }), aLauncher()).effects;
    expect(effect).toMatchObject({
      type: 'applyStatus',
      status: {
        phase: 'Running',
        phaseTransitionTimestamps: [{ phase: 'Running', phaseTransitionTimestamp: '2026-11-21T12:00:00Z' }],
        machine: { type: 'pc-q35-7.2' },
        memory: { guestAtBoot: '128Mi', guestCurrent: '128Mi', guestRequested: '128Mi' },
        volumeStatus: [{ name: 'root', target: 'vda' }],
        conditions: [
          { type: 'Synchronized', status: 'True', lastTransitionTime: '2026-11-21T12:00:00Z' },
          { type: 'LiveMigratable', status: 'False', reason: 'NotMigratable' },
          { type: 'Ready', status: 'True' },
        ],
      },
    });
  });

  test('a guest without the devices that it asks for runs on, and says why, once', () => {
    const problem = { reason: 'HotplugFailed', message: 'device b: no such group' };
    const running = settled(aVmi({ phase: 'Scheduled' }), aLauncher());
    const with_ = (vmi: VirtualMachineInstance) =>
      decideVmi({ ...observed(vmi, aLauncher()), deviceProblem: problem }, NOW).effects;
    const effects = with_(running);
    expect(kinds(effects)).toEqual(['applyStatus', 'event SyncFailed']);
    expect(effects[0]).toMatchObject({ status: { phase: 'Running' } });
    const told = effects[0]?.type === 'applyStatus' ? applied(running, effects[0].status) : running;
    expect(told.status?.conditions).toContainEqual(
      expect.objectContaining({ type: 'Synchronized', status: 'False', ...problem }),
    );
    expect(with_(told)).toEqual([]);
    expect(kinds(decide(told, aLauncher()).effects)).toEqual(['applyStatus']);
  });

  test('a guest with devices of its node says that they keep it there', () => {
    const vmi = aVmi({ phase: 'Scheduled' });
    vmi.spec.domain.devices.hostDevices = [{ name: 'qat0', deviceName: 'qat.intel.com/cy' }];
    const [effect] = decide(vmi, aLauncher()).effects;
    const conditions = effect?.type === 'applyStatus' ? effect.status.conditions : [];
    expect(conditions).toContainEqual(
      expect.objectContaining({ type: 'LiveMigratable', status: 'False', reason: 'HostDeviceNotLiveMigratable' }),
    );
  });

  describe('Ready', () => {
    const conditionsOf = (vmi: VirtualMachineInstance, state?: Partial<DomainState>) =>
      (
        (decide(vmi, aLauncher(state)).effects[0] as any).status.conditions as {
          type: string;
        }[]
      ).map(({ type }) => type);
    const probed = (vmi: VirtualMachineInstance) => ({ ...vmi, spec: { ...vmi.spec, readinessProbe: {} } });
    const ready = (status: 'True' | 'False') => ({ type: 'Ready', status });

    test('comes with Running, unless a probe or a pause has a say', () => {
      expect(conditionsOf(aVmi({ phase: 'Scheduled', conditions: [ready('False')] }))).toContain('Ready');
      expect(conditionsOf(probed(aVmi({ phase: 'Scheduled' })))).not.toContain('Ready');
      expect(conditionsOf(aVmi({ phase: 'Scheduled' }), { phase: 'DOMAIN_PHASE_PAUSED' })).not.toContain('Ready');
    });

    test('is stated again while it holds, and left to virt-controller once it does not', () => {
      expect(conditionsOf(aVmi({ phase: 'Running', conditions: [ready('True')] }))).toContain('Ready');
      expect(conditionsOf(aVmi({ phase: 'Running', conditions: [ready('False')] }))).not.toContain('Ready');
    });
  });

  test.each([
    ['user', 'PausedByUser'],
    ['io-error', 'PausedIOError'],
    ['migration', 'PausedByMigrationMonitor'],
    ['watchdog', 'PausedByHypervisor'],
  ])('a guest paused by %s is Running and Paused: %s', (reason, expected) => {
    const [effect] = decide(aVmi({ phase: 'Running' }), aLauncher({ phase: 'DOMAIN_PHASE_PAUSED', reason })).effects;
    expect(effect).toMatchObject({ status: { phase: 'Running' } });
    expect((effect as any).status.conditions.find((one: any) => one.type === 'Paused')).toMatchObject({
      status: 'True',
      reason: expected,
    });
  });

  test('a refusal is shown with its reason and not asked for again', () => {
    const syncOutcome: SyncOutcome = {
      type: 'refused',
      wish: '1/r1',
      reason: 'FieldNotServed',
      message: 'spec.domain.cpu.model:\n\u0000 there is no such model',
    };
    const { effects, requeueAfterMs } = decide(aVmi({ phase: 'Scheduled' }), aLauncher(none, { syncOutcome }));
    expect(kinds(effects)).toEqual(['applyStatus', 'event SyncFailed']);
    expect(effects[0]).toMatchObject({
      status: {
        conditions: [
          {
            type: 'Synchronized',
            status: 'False',
            reason: 'FieldNotServed',
            message: 'spec.domain.cpu.model: there is no such model',
          },
        ],
      },
    });
    expect((effects[0] as any).status.phase).toBeUndefined();
    expect(requeueAfterMs).toBeUndefined();
  });

  test('a failure is shown, and asked for again after a while that doubles up to a minute', () => {
    const outcome = (attempts: number): SyncOutcome => ({
      type: 'failed',
      wish: '1/r1',
      message: 'm',
      attempts,
      at: NOW,
    });
    const after = (attempts: number, ms: number) =>
      decide(
        aVmi({ phase: 'Scheduled' }),
        aLauncher(none, { syncOutcome: outcome(attempts) }),
        new Date(NOW.getTime() + ms),
      );
    expect(kinds(after(1, 0).effects)).toEqual(['applyStatus', 'event SyncFailed']);
    expect(after(1, 0).requeueAfterMs).toBe(1000);
    expect(after(3, 0).requeueAfterMs).toBe(4000);
    expect(after(30, 0).requeueAfterMs).toBe(60_000);
    expect(kinds(after(1, 1000).effects)).toContain('syncDomain');
  });

  test('a silent launcher is waited for 30 s, then told of, and what is known of the guest stays', () => {
    const running = settled(aVmi({ phase: 'Scheduled' }), aLauncher());
    const silent = aLauncher({}, { view: { type: 'silent', since: NOW, error: 'connect ECONNREFUSED' } });
    expect(decide(running, silent)).toEqual({ effects: [], requeueAfterMs: 30_000 });
    const later = decide(running, silent, new Date(NOW.getTime() + 30_000));
    expect(kinds(later.effects)).toEqual(['restoreCpuLimit', 'applyStatus', 'event SyncFailed']);
    const { status } = later.effects[1] as any;
    expect(status).toMatchObject({ phase: 'Running', machine: { type: 'pc-q35-7.2' } });
    expect(status.conditions.map(({ type }: any) => type).toSorted()).toEqual([
      'LiveMigratable',
      'Ready',
      'Synchronized',
    ]);
  });

  test('a shutdown is told once, by the process that saw it begin', () => {
    const deleting = { deletionTimestamp: '2026-11-21T12:00:05Z' };
    const running = settled(aVmi({ phase: 'Running' }, deleting), aLauncher({}, { shutdownTold: true }));
    const tells = (launcher: Partial<ObservedLauncher>) => kinds(decide(running, aLauncher({}, launcher)).effects);
    expect(tells({})).toEqual(['tellShutdown']);
    expect(tells({ shutdownTold: true })).toEqual([]);
    expect(tells({ openedAt: new Date('2026-11-21T12:01:00Z') })).toEqual([]);
  });
});

/** The instance once the effects of decisions were carried out, as the API server would show it. */
function settled(vmi: VirtualMachineInstance, launcher: ObservedLauncher): VirtualMachineInstance {
  let current = vmi;
  for (const effect of decide(vmi, launcher).effects)
    if (effect.type === 'applyStatus') current = applied(current, effect.status);
  return current;
}

/** Server-side apply by one owner: what it owned and leaves out goes. */
function applied(vmi: VirtualMachineInstance, next: NonNullable<VirtualMachineInstance['status']>) {
  const { machine: _m, memory: _y, volumeStatus: _v, ...others } = vmi.status ?? {};
  const stated = next.conditions?.some(({ type }) => type === 'Ready') ?? false;
  const foreign = (vmi.status?.conditions ?? []).filter(({ type }) => type === 'Ready' && !stated);
  return { ...vmi, status: { ...others, ...next, conditions: [...foreign, ...(next.conditions ?? [])] } };
}

test('a decision after its own effects yields none', () => {
  const state = fc.record({
    phase: fc.constantFrom(
      'DOMAIN_PHASE_UNSPECIFIED',
      'DOMAIN_PHASE_RUNNING',
      'DOMAIN_PHASE_PAUSED',
      'DOMAIN_PHASE_SHUT_OFF',
    ),
    reason: fc.constantFrom('booted', 'user', 'io-error', 'x'),
    machineType: fc.constantFrom('', 'pc-q35-7.2'),
    guestMemoryBytes: fc.constantFrom(0, 1, 2 ** 30),
  });
  const outcome = fc.option(
    fc.record({
      type: fc.constantFrom('synced', 'refused', 'failed'),
      wish: fc.constantFrom('1/r1', '0/r0'),
      reason: fc.constant('R'),
      message: fc.string(),
      attempts: fc.constant(1),
      at: fc.constant(NOW),
    }),
  );
  const conditions = fc.subarray([
    { type: 'Ready', status: 'True' as const },
    { type: 'Paused', status: 'True' as const, reason: 'PausedByUser', message: 'm' },
    { type: 'Synchronized', status: 'False' as const, reason: 'R', message: 'm' },
  ]);
  fc.assert(
    fc.property(
      fc.constantFrom('Scheduled' as const, 'Running' as const, 'Failed' as const),
      state,
      outcome,
      conditions,
      fc.constantFrom([], [{ name: 'root', target: 'vda' }]),
      (phase, domain, syncOutcome, had, disks) => {
        let vmi = aVmi({ phase, conditions: had });
        let launcher: ObservedLauncher | undefined = aLauncher(domain as Partial<DomainState>, {
          syncOutcome: (syncOutcome as SyncOutcome | null) ?? undefined,
          disks,
        });
        for (const effect of decide(vmi, launcher).effects) {
          if (effect.type === 'applyStatus') vmi = applied(vmi, effect.status);
          if (effect.type === 'disconnect') launcher = undefined;
          if (effect.type === 'syncDomain')
            launcher = { ...launcher!, syncOutcome: { type: 'synced', wish: effect.wish } };
        }
        expect(decide(vmi, launcher, new Date(NOW.getTime() + 500)).effects).toEqual([]);
      },
    ),
  );
});
