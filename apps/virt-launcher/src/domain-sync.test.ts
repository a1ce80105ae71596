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

const nothing: SyncObservation = { domain: undefined, started: false, released: false, stopRequested: false };
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

  test('after its own steps it asks for none, and it never starts a guest twice', () => {
    const observation = fc.record({
      domain: fc.option(fc.record({ state: fc.constantFrom(...Object.values(DomainState)) }), { nil: undefined }),
      started: fc.boolean(),
      released: fc.boolean(),
      stopRequested: fc.boolean(),
    });
    fc.assert(
      fc.property(observation, fc.boolean(), (before, paused) => {
        const vmi = vmiWith(paused ? { startStrategy: 'Paused' } : {});
        const steps = decideSync(vmi, before);
        if (before.started && kinds(steps).includes('start')) throw new Error('started twice');
        expect(decideSync(vmi, steps.reduce(apply, before))).toEqual([]);
      }),
    );
  });
});

/** What a step does to what is observed. */
function apply(observed: SyncObservation, step: SyncStep): SyncObservation {
  switch (step.kind) {
    case 'define':
      return { ...observed, domain: { state: DomainState.shutoff } };
    case 'start':
      return { ...observed, started: true, domain: { state: DomainState.paused } };
    case 'release':
      return { ...observed, released: true, domain: { state: step.paused ? DomainState.paused : DomainState.running } };
    case 'prepareDisk':
    case 'connectConsole':
      return observed;
  }
}
