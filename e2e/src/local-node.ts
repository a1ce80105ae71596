import { runEngine } from '../../cluster/src/engine.ts';

/** Runs a script in a node of the local cluster, as its root; returns what it prints. @throws when a command of it fails. */
export function inNode(node: string, script: string): Promise<string> {
  return runEngine(['exec', node, 'sh', '-ec', script]);
}

/** Prints the process id of the container virt-handler that runs on a node; fails when there is none. */
export const HANDLER_PROCESS = [
  `for id in $(ctr -n k8s.io containers ls -q 'labels."io.kubernetes.container.name"==virt-handler'); do`,
  `  ctr -n k8s.io tasks ls | awk -v id="$id" '$1 == id && $3 == "RUNNING" { print $2 }'`,
  `done | grep .`,
].join('\n');
