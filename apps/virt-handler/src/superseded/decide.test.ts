import { describe, expect, test } from '@jest/globals';
import type { VirtualMachineInstance, VirtualMachineInstancePhase } from '@quickvirt/api';
import type { DomainPhase } from '@quickvirt/rpc';
import { decideSuperseded } from './decide.ts';

const vmi = (phase: VirtualMachineInstancePhase, podUid: string): VirtualMachineInstance => ({
  metadata: { name: 'a', namespace: 'guests' },
  spec: { domain: { devices: {} } },
  status: { phase, activePods: { [podUid]: 'n1' } },
});

describe('a guest of this node', () => {
  test.each<[what: string, phase: DomainPhase, vmi: VirtualMachineInstance | undefined, ends: boolean]>([
    ['of a running instance', 'DOMAIN_PHASE_RUNNING', vmi('Running', 'ours'), false],
    ['about to be told as running', 'DOMAIN_PHASE_RUNNING', vmi('Scheduled', 'ours'), false],
    ['whose instance is gone', 'DOMAIN_PHASE_RUNNING', undefined, true],
    ['paused, whose instance is gone', 'DOMAIN_PHASE_PAUSED', undefined, true],
    ['shutting down, whose instance is gone', 'DOMAIN_PHASE_SHUTTING_DOWN', undefined, true],
    ['whose instance runs in another pod', 'DOMAIN_PHASE_RUNNING', vmi('Running', 'another'), true],
    ['whose instance waits for another pod', 'DOMAIN_PHASE_RUNNING', vmi('Pending', 'another'), true],
    ['whose instance was called failed', 'DOMAIN_PHASE_RUNNING', vmi('Failed', 'ours'), true],
    ['that is off, whose instance is gone', 'DOMAIN_PHASE_SHUT_OFF', undefined, false],
    ['that was never started', 'DOMAIN_PHASE_UNSPECIFIED', undefined, false],
  ])('%s', (_what, domainPhase, instance, ends) => {
    const { effects } = decideSuperseded({ podUid: 'ours', domainPhase, vmi: instance });
    expect(effects).toHaveLength(ends ? 1 : 0);
    if (ends) expect(effects[0]).toMatchObject({ type: 'destroyDomain', podUid: 'ours' });
  });
});
