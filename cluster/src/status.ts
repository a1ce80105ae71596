import { command } from './command.ts';
import { answers, clusterNames, nodeContainers, type ClusterAccess } from './kind-cluster.ts';
import { runEngine } from './engine.ts';

interface Pod {
  metadata: { namespace: string; name: string };
  status: {
    phase: string;
    conditions?: { type: string; status: string; reason?: string; message?: string }[];
    containerStatuses?: {
      name: string;
      ready: boolean;
      state: { waiting?: { reason?: string; message?: string }; terminated?: { reason?: string; exitCode: number } };
    }[];
  };
}

interface Node {
  metadata: { name: string };
  status: { conditions: { type: string; status: string; message?: string }[] };
}

/** One line for each pod that does not run as it should: which, and why. Pure. */
export function podProblems(pods: Pod[]): string[] {
  return pods
    .filter(
      ({ status }) =>
        status.phase !== 'Succeeded' &&
        !status.conditions?.some(({ type, status: value }) => type === 'Ready' && value === 'True'),
    )
    .map(({ metadata, status }) => {
      const unscheduled = status.conditions?.find(
        ({ type, status: value }) => type === 'PodScheduled' && value === 'False',
      );
      const containers = (status.containerStatuses ?? [])
        .filter(({ ready }) => !ready)
        .map(({ name, state }) => {
          const { waiting, terminated } = state;
          if (waiting) return `${name} waits: ${waiting.reason ?? ''} ${waiting.message ?? ''}`.trim();
          return terminated
            ? `${name} ended: ${terminated.reason ?? ''} (${terminated.exitCode})`
            : `${name} is not ready`;
        });
      const why = unscheduled ? `${unscheduled.reason}: ${unscheduled.message}` : containers.join('; ');
      return `${metadata.namespace}/${metadata.name}: ${status.phase}${why ? `, ${why}` : ''}`;
    });
}

/** One line for each node that is not ready. Pure. */
export function nodeProblems(nodes: Node[]): string[] {
  return nodes.flatMap(({ metadata, status }) => {
    const ready = status.conditions.find(({ type }) => type === 'Ready');
    return ready?.status === 'True'
      ? []
      : [`node ${metadata.name} is not ready: ${ready?.message ?? 'no word from its kubelet'}`];
  });
}

/**
 * Says what of a cluster does not run and why.
 * @returns the lines, and whether all is well.
 */
export async function status(
  name: string,
  access: ClusterAccess,
  ours: boolean,
): Promise<{ lines: string[]; well: boolean }> {
  if (ours) {
    if (!(await clusterNames()).includes(name))
      return { lines: [`cluster ${name} is not there; npm run cluster -- up makes it`], well: false };
    const states = await Promise.all(
      (await nodeContainers(name)).map(
        async (node) => [node, (await runEngine(['inspect', '--format', '{{.State.Status}}', node])).trim()] as const,
      ),
    );
    const stopped = states.filter(([, state]) => state !== 'running');
    if (stopped.length > 0)
      return {
        lines: stopped.map(([node, state]) => `node ${node} is ${state}; npm run cluster -- up makes the cluster anew`),
        well: false,
      };
  }
  if (!(await answers(access)))
    return { lines: [`the API server does not answer (kubeconfig ${access.kubeconfigPath})`], well: false };
  const get = async <T>(kind: string): Promise<T[]> =>
    (
      JSON.parse(
        await command([access.kubectlPath, '--kubeconfig', access.kubeconfigPath, 'get', kind, '-A', '-o', 'json']),
      ) as { items: T[] }
    ).items;
  const nodes = await get<Node>('nodes');
  const pods = await get<Pod>('pods');
  const problems = [...nodeProblems(nodes), ...podProblems(pods)];
  return {
    lines: [
      ...problems,
      `${nodes.length} nodes, ${pods.length} pods, ${problems.length} problem${problems.length === 1 ? '' : 's'}`,
    ],
    well: problems.length === 0,
  };
}
