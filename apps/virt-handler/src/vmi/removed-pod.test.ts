import type { VirtualMachineInstance } from '@quickvirt/api';
import { clusterConfigFrom, domainConfigFrom } from '@quickvirt/config';
import { FakeClock, settle } from '@quickvirt/testing';
import { createLineLogger } from '@quickvirt/telemetry';
import { describe, expect, test } from '@jest/globals';
import type { LauncherView } from '../launchers/launcher-connection.ts';
import { decideVmi, type ObservedLauncher, type VmiObserved } from './decide.ts';
import { PodEnds } from './pod-ends.ts';

const POD = '11111111-2222-3333-4444-555555555555';
const NOW = new Date('2026-11-21T12:00:00Z');
const SILENT: LauncherView = { type: 'silent', since: NOW };
const heard = (phase: 'DOMAIN_PHASE_UNSPECIFIED' | 'DOMAIN_PHASE_SHUTTING_DOWN'): LauncherView => ({
  type: 'heard',
  state: {
    phase,
    reason: '',
    uuid: '',
    machineType: '',
    guestMemoryBytes: 0,
    error: '',
    domainXml: '',
    guestPciDevices: [],
  },
});

/** An instance of which virt-controller says that its pod was removed without a word. */
function aVmi(phase: 'Scheduled' | 'Running', metadata: object = {}): VirtualMachineInstance {
  const conditions = [
    { type: 'Ready', status: 'False' as const, reason: 'PodNotExists', message: 'launcher pod p was removed by force' },
    { type: 'Synchronized', status: 'True' as const },
  ];
  return {
    metadata: { name: 'a', namespace: 'default', uid: 'u', resourceVersion: '1', generation: 1, ...metadata },
    spec: { domain: { devices: {} } },
    status: { phase, nodeName: 'n', activePods: { [POD]: 'n' }, conditions },
  };
}

const launcher = (view: LauncherView, podUid = POD): ObservedLauncher => ({
  podUid,
  openedAt: NOW,
  view,
  syncOutcome: undefined,
  disks: [],
  shutdownTold: false,
});

function decide(vmi: VirtualMachineInstance, facts: Partial<VmiObserved>) {
  const config = domainConfigFrom(clusterConfigFrom(undefined));
  return decideVmi({ vmi, podUid: POD, config, configRevision: 'r1', launcher: undefined, ...facts }, NOW).effects;
}

describe('a pod that was removed before its end was told', () => {
  test.each<[what: string, vmi: VirtualMachineInstance, facts: Partial<VmiObserved>, effects: string[]]>([
    ['found by a new process: its end is waited for', aVmi('Running'), {}, ['awaitPodEnd']],
    [
      'its launcher fell silent: let go, and its end waited for',
      aVmi('Running'),
      { launcher: launcher(SILENT) },
      ['disconnect', 'awaitPodEnd'],
    ],
    ['it is waited for', aVmi('Running'), { podEnd: 'awaited' }, []],
    [
      'its launcher still speaks: followed as ever',
      aVmi('Running'),
      { launcher: launcher(heard('DOMAIN_PHASE_SHUTTING_DOWN')) },
      [],
    ],
    [
      'its launcher speaks although no process is seen: it is believed',
      aVmi('Running'),
      { launcher: launcher(heard('DOMAIN_PHASE_SHUTTING_DOWN')), podEnd: 'ended' },
      [],
    ],
    [
      'before its guest was started: it is not',
      aVmi('Scheduled'),
      { launcher: launcher(heard('DOMAIN_PHASE_UNSPECIFIED')) },
      [],
    ],
    ['its end is sure', aVmi('Running'), { podEnd: 'ended' }, ['applyStatus']],
    ['its end is sure before its guest was told to run', aVmi('Scheduled'), { podEnd: 'ended' }, ['applyStatus']],
    [
      'its end is sure, and its instance deleted',
      aVmi('Scheduled', { deletionTimestamp: '2026-11-21T11:00:00Z' }),
      { podEnd: 'ended' },
      ['applyStatus'],
    ],
  ])('%s', (_what, vmi, facts, effects) => {
    expect(decide(vmi, facts).map(({ type }) => type)).toEqual(effects);
  });

  test('is told of in one condition, once; all else of the status stays', () => {
    const vmi = aVmi('Running');
    const [effect] = decide(vmi, { podEnd: 'ended' });
    const status = effect?.type === 'applyStatus' ? effect.status : {};
    expect(status).toEqual({
      phase: 'Running',
      conditions: [
        {
          type: 'LauncherGone',
          status: 'True',
          reason: 'NoProcessLeft',
          message: `no process of launcher pod ${POD} is left on node n`,
          lastTransitionTime: '2026-11-21T12:00:00Z',
        },
        { type: 'Synchronized', status: 'True' },
      ],
    });
    const [ready] = vmi.status?.conditions ?? [];
    const told = { ...vmi, status: { ...vmi.status, ...status, conditions: [ready!, ...(status.conditions ?? [])] } };
    expect(decide(told, { podEnd: 'ended' })).toEqual([]);
  });
});

describe('waiting for the end of a pod', () => {
  const logger = createLineLogger({ component: 'test', write: () => undefined });

  function harness() {
    const clock = new FakeClock();
    const asked: { podUid: string; signal: AbortSignal; answer: PromiseWithResolvers<void> }[] = [];
    const told: string[] = [];
    const ends = new PodEnds({
      untilEnded: (podUid, signal) => {
        const answer = Promise.withResolvers<void>();
        asked.push({ podUid, signal, answer });
        return answer.promise;
      },
      onEnd: (key) => told.push(key),
      logger,
      clock,
    });
    return { clock, asked, told, ends };
  }

  test('asks once a pod, and tells of its end once', async () => {
    const { asked, told, ends } = harness();
    ends.await('default/a', POD);
    ends.await('default/a', POD);
    expect(ends.stateOf('default/a', POD)).toBe('awaited');
    asked[0]?.answer.resolve();
    await settle(() => expect(told).toEqual(['default/a']));
    expect(ends.stateOf('default/a', POD)).toBe('ended');
    expect(asked).toHaveLength(1);
  });

  test('says nothing of another pod of the same instance, and gives up the one before', () => {
    const { asked, ends } = harness();
    ends.await('default/a', POD);
    ends.await('default/a', 'another');
    expect(asked[0]?.signal.aborted).toBe(true);
    expect(ends.stateOf('default/a', POD)).toBeUndefined();
  });

  test('asks again where the end could not be told', async () => {
    const { clock, asked, told, ends } = harness();
    ends.await('default/a', POD);
    asked[0]?.answer.reject(new Error('no cgroup can be watched'));
    await settle(() => expect(clock.pending).toBe(1));
    expect(ends.stateOf('default/a', POD)).toBe('awaited');
    await clock.advance(5_000);
    asked[1]?.answer.resolve();
    await settle(() => expect(told).toEqual(['default/a']));
  });

  test('tells of nothing that nobody waits for any more', async () => {
    const { asked, told, ends } = harness();
    ends.await('default/a', POD);
    ends.close();
    asked[0]?.answer.resolve();
    await new Promise(setImmediate);
    expect(told).toEqual([]);
    expect(ends.stateOf('default/a', POD)).toBeUndefined();
  });
});
