import type { Kubectl } from '../src/kubectl.ts';

const OURS = 'kubevirt.io in (virt-api,virt-controller,virt-handler)';

/** Whether all our pods are as many as they should be, and ready. */
export async function allReady(system: Kubectl, timeoutMs = 180_000): Promise<void> {
  const seconds = `--timeout=${timeoutMs / 1000}s`;
  for (const workload of ['deployment/virt-api', 'deployment/virt-controller', 'daemonset/virt-handler'])
    await system.run(['rollout', 'status', workload, seconds], { timeoutMs: timeoutMs + 10_000 });
}

/** Pods of ours that live. */
export async function ourPods(system: Kubectl, selector = OURS): Promise<string[]> {
  const format = 'jsonpath={range .items[?(!@.metadata.deletionTimestamp)]}{.metadata.name}{"\\n"}{end}';
  const { stdout } = await system.try(['get', 'pods', '-l', selector, '-o', format]);
  return stdout.trim().split('\n').filter(Boolean);
}

/** As `kill -9` would: no time to end well. A pod that is gone by then is no fault. */
export async function kill(system: Kubectl, pod: string): Promise<void> {
  await system.try(['delete', 'pod', pod, '--grace-period=0', '--force', '--ignore-not-found', '--wait=false']);
}
