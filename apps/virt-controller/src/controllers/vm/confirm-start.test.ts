import { describe, expect, test } from '@jest/globals';
import type { VirtualMachine, VirtualMachineRunStrategy } from '@quickvirt/api';
import { RetryAfter, type ApiClient } from '@quickvirt/kube';
import { confirmStart } from './confirm-start.ts';

const aVm = (runStrategy: VirtualMachineRunStrategy, uid: string, resourceVersion: string) =>
  ({ metadata: { name: 'a', namespace: 'default', uid, resourceVersion }, spec: { runStrategy } }) as VirtualMachine;
const serving = (vm: VirtualMachine) => ({ get: async () => vm }) as unknown as Pick<ApiClient, 'get'>;

describe('a start', () => {
  test.each(['Once', 'RerunOnFailure', 'Manual'] as const)('under %s goes by the VM as it is now', async (strategy) => {
    const looked = aVm(strategy, 'u', '5');
    await confirmStart(looked, serving(aVm(strategy, 'u', '5')));
    await expect(confirmStart(looked, serving(aVm('Halted', 'u', '6')))).rejects.toBeInstanceOf(RetryAfter);
    await expect(confirmStart(looked, serving(aVm(strategy, 'another', '5')))).rejects.toBeInstanceOf(RetryAfter);
  });

  test('under Always asks nobody', async () => {
    await confirmStart(aVm('Always', 'u', '5'), serving(aVm('Halted', 'u', '6')));
  });
});
