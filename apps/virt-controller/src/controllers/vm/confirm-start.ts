import { virtualMachines, type VirtualMachine } from '@quickvirt/api';
import { keyOf, RetryAfter, type ApiClient } from '@quickvirt/kube';
import { refOf } from '../../object-ref.ts';
import { runStrategyOf } from './run-strategy.ts';

/** So long a cache that is behind may take to catch up before the next look; its change brings one by itself. */
const CACHE_LAG_MS = 1_000;

/**
 * Under the strategies that start a guest once, or when asked to, a cache that lags would start it once more: the API server
 * must have the VM as it was looked at. Under Always an instance too many is put right at once, and need not be asked about.
 * @throws RetryAfter when the VM has changed since; ApiError when it is gone.
 */
export async function confirmStart(vm: VirtualMachine, client: Pick<ApiClient, 'get'>): Promise<void> {
  if (runStrategyOf(vm) === 'Always') return;
  const { metadata } = await client.get(virtualMachines, refOf(vm));
  if (metadata.uid !== vm.metadata.uid || metadata.resourceVersion !== vm.metadata.resourceVersion)
    throw new RetryAfter(CACHE_LAG_MS, `the cache is behind: ${keyOf(vm)} has changed`);
}
