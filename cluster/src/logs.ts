import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { command } from './command.ts';
import { nodeContainers, type ClusterAccess } from './kind-cluster.ts';
import { gatherNodeLogs } from './node-logs.ts';

/**
 * Gathers what one needs to understand a cluster into one folder: objects, events, logs of every pod, and of the nodes
 * their journals and the domain XML of the VMs on them. What cannot be had is said in its file.
 */
export async function gatherLogs(folder: string, name: string, access: ClusterAccess, ours: boolean): Promise<void> {
  mkdirSync(join(folder, 'pods'), { recursive: true });
  const save = async (file: string, action: Promise<string>): Promise<void> =>
    writeFileSync(join(folder, file), await action.catch((error: Error) => error.message));
  const kubectl = (...args: string[]): Promise<string> =>
    command([access.kubectlPath, '--kubeconfig', access.kubeconfigPath, ...args], { timeoutMs: 60_000 });
  await save('nodes.yaml', kubectl('get', 'nodes', '-o', 'yaml'));
  await save('pods.yaml', kubectl('get', 'pods', '-A', '-o', 'yaml'));
  await save('virtual-machines.yaml', kubectl('get', 'vm,vmi,kubevirt', '-A', '-o', 'yaml'));
  await save('events.txt', kubectl('get', 'events', '-A', '--sort-by=.lastTimestamp'));
  const pods = await kubectl(
    'get',
    'pods',
    '-A',
    '-o',
    'jsonpath={range .items[*]}{.metadata.namespace}/{.metadata.name}{"\\n"}{end}',
  ).catch(() => '');
  for (const pod of pods.split('\n').filter(Boolean)) {
    const [namespace = '', podName = ''] = pod.split('/');
    await save(
      join('pods', `${namespace}_${podName}.log`),
      kubectl('logs', '-n', namespace, podName, '--all-containers', '--tail=5000'),
    );
  }
  if (ours) await gatherNodeLogs(folder, await nodeContainers(name));
}
