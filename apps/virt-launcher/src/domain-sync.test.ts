import { describe, expect, test } from '@jest/globals';
import type { VirtualMachineInstance } from '@quickvirt/api';
import { DomainState } from '@quickvirt/libvirt';
import fc from 'fast-check';
import { decideSync, type SyncObservation, type SyncStep } from './domain-sync.ts';

function vmiWith(spec: Partial<VirtualMachineInstance['spec']> = {}): VirtualMachineInstance {
  const devices = { disks: [{ name: 'root' }, { name: 'scratch' }] };
  return {
    metadata: { namespace: 'default', name: 'tiny' },
    spec: {
      domain: { devices },
      volumes: [
        { name: 'root', containerDisk: { image: 'x' } },
        { name: 'scratch', emptyDisk: { capacity: '1Gi' } },
        { name: 'unused', emptyDisk: { capacity: '1Gi' } },
      ],
      ...spec,
    },
  };
}

const nothing: SyncObservation = {
  domain: undefined,
  started: false,
  released: false,
  stopRequested: false,
  hostDevices: [],
};
const kinds = (steps: SyncStep[]): string[] => steps.map(({ kind }) => kind);
const all = ['prepareDisk', 'prepareDisk', 'define', 'start', 'connectConsole', 'release'];

describe('decideSync', () => {
  test.each<[string, Partial<SyncObservation>, string[]]>([
    ['nothing is there', {}, all],
    ['a start failed before', { domain: { state: DomainState.shutoff } }, all],
    [
      'QEMU runs but its CPUs were not let go',
      { domain: { state: DomainState.paused }, started: true },
      ['connectConsole', 'release'],
    ],
    ['the guest runs', { domain: { state: DomainState.running }, started: true, released: true }, []],
    ['a user paused the guest', { domain: { state: DomainState.paused }, started: true, released: true }, []],
    ['the guest shuts down', { domain: { state: DomainState.shutdown }, started: true, released: true }, []],
    ['the guest has ended', { domain: { state: DomainState.shutoff }, started: true, released: true }, []],
    ['the guest has ended and was undefined', { started: true, released: true }, []],
    ['the guest panicked', { domain: { state: DomainState.crashed }, started: true, released: true }, []],
    ['the pod is to end', { stopRequested: true }, []],
  ])('when %s', (_name, observed, expected) => {
    expect(kinds(decideSync(vmiWith(), { ...nothing, ...observed }))).toEqual(expected);
  });

  test('a VMI that starts paused is left so; one without a serial port gets no console', () => {
    expect(decideSync(vmiWith({ startStrategy: 'Paused' }), nothing)).toContainEqual({ kind: 'release', paused: true });
    const domain = { devices: { autoattachSerialConsole: false } };
    expect(kinds(decideSync(vmiWith({ domain }), nothing))).toEqual(['define', 'start', 'release']);
  });

  describe('host devices of a running guest', () => {
    const running = { ...nothing, domain: { state: DomainState.running }, started: true, released: true };
    const withDevices = (...names: string[]) =>
      vmiWith({
        domain: { devices: { hostDevices: names.map((name) => ({ name, deviceName: 'qat.intel.com/cy' })) } },
      });

    test.each<[string, string[], string[], string[]]>([
      ['one too many is taken out', [], ['qat0'], ['detachDevice qat0']],
      ['one too few is plugged in', ['qat0', 'qat1'], ['qat0'], ['attachDevice qat1']],
      ['room is made before it is needed', ['qat1'], ['qat0'], ['detachDevice qat0', 'attachDevice qat1']],
      ['all there', ['qat0'], ['qat0'], []],
    ])('%s', (_name, wanted, hostDevices, expected) => {
      const steps = decideSync(withDevices(...wanted), { ...running, hostDevices });
      expect(steps.map((step) => `${step.kind} ${'name' in step ? step.name : ''}`)).toEqual(expected);
    });

    test('a guest that shuts down is left alone', () => {
      const domain = { state: DomainState.shutdown };
      expect(decideSync(withDevices('qat0'), { ...running, domain, hostDevices: [] })).toEqual([]);
    });
  });

  test('after its own steps it asks for none, and it never starts a guest twice', () => {
    const observation = fc.record({
      domain: fc.option(fc.record({ state: fc.constantFrom(...Object.values(DomainState)) }), { nil: undefined }),
      started: fc.boolean(),
      released: fc.boolean(),
      stopRequested: fc.boolean(),
      hostDevices: fc.subarray(['qat0', 'qat1', 'gone']),
    });
    fc.assert(
      fc.property(observation, fc.boolean(), fc.subarray(['qat0', 'qat1', 'new']), (before, paused, wanted) => {
        const devices = { hostDevices: wanted.map((name) => ({ name, deviceName: 'qat.intel.com/cy' })) };
        const vmi = vmiWith({ domain: { devices }, ...(paused ? { startStrategy: 'Paused' } : {}) });
        const steps = decideSync(vmi, before);
        if (before.started && kinds(steps).includes('start')) throw new Error('started twice');
        expect(
          decideSync(
            vmi,
            steps.reduce<SyncObservation>((observed, step) => apply(observed, step, wanted), before),
          ),
        ).toEqual([]);
      }),
    );
  });
});

/** What a step does to what is observed. */
function apply(observed: SyncObservation, step: SyncStep, wanted: string[]): SyncObservation {
  switch (step.kind) {
    case 'define':
      return { ...observed, domain: { state: DomainState.shutoff } };
    case 'start':
      return { ...observed, started: true, domain: { state: DomainState.paused } };
    case 'release':
      // A guest that was let run by this VMI has its devices.
      return {
        ...observed,
        released: true,
        hostDevices: wanted,
        domain: { state: step.paused ? DomainState.paused : DomainState.running },
      };
    case 'detachDevice':
      return { ...observed, hostDevices: observed.hostDevices.filter((name) => name !== step.name) };
    case 'attachDevice':
      return { ...observed, hostDevices: [...observed.hostDevices, step.name] };
    case 'prepareDisk':
    case 'connectConsole':
      return observed;
  }
}
