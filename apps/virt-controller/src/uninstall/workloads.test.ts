import { describe, expect, test } from '@jest/globals';
import { virtualMachineInstances, virtualMachines } from '@quickvirt/api';
import { namesOf, nextStep, workloadPolicy, type Workload } from './workloads.ts';

const workload = (name: string, deleting = false): Workload => ({
  type: virtualMachines,
  namespace: 'shop',
  name,
  uid: `uid-${name}`,
  deleting,
});

describe('nextStep', () => {
  test.each(['block', 'remove'] as const)('%s: an empty cluster is let go', (policy) => {
    expect(nextStep([], policy, 'ns')).toEqual({ type: 'proceed' });
  });

  test('block names the machines and says what to do', () => {
    const step = nextStep([workload('web'), { ...workload('db'), type: virtualMachineInstances }], 'block', 'ns');
    expect(step.type).toBe('refuse');
    const message = step.type === 'refuse' ? step.message : '';
    expect(message).toContain('VirtualMachine shop/web, VirtualMachineInstance shop/db');
    expect(message).toContain('kubectl -n ns patch kubevirt kubevirt');
    expect(message).toContain('rollback');
  });

  test('block refuses machines that are being deleted, too: their guests may still run', () => {
    expect(nextStep([workload('web', true)], 'block', 'ns').type).toBe('refuse');
  });

  test('remove deletes what nobody deleted yet, and then waits', () => {
    const standing = workload('web');
    expect(nextStep([standing, workload('db', true)], 'remove', 'ns')).toEqual({
      type: 'remove',
      workloads: [standing],
    });
    expect(nextStep([workload('db', true)], 'remove', 'ns')).toEqual({ type: 'wait' });
  });
});

describe('workloadPolicy', () => {
  test.each([
    ['block', [], 'block'],
    ['remove', [], 'remove'],
    ['remove', [undefined, ''], 'remove'],
    ['block', ['RemoveWorkloads'], 'remove'],
    ['remove', ['BlockUninstallIfWorkloadsExist'], 'block'],
    ['remove', ['RemoveWorkloads', 'BlockUninstallIfWorkloadsExist'], 'block'],
  ] as const)('value %s and objects %j: %s', (value, strategies, policy) => {
    expect(workloadPolicy(value, strategies)).toBe(policy);
  });
});

test('a list of thousands stays readable', () => {
  const names = namesOf(Array.from({ length: 1000 }, (_, index) => workload(`vm${index}`)));
  expect(names).toContain('shop/vm9 and 990 more');
  expect(names).not.toContain('vm10,');
});
