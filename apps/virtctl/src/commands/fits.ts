import { Option, type Command } from 'commander';
import type { NodeFacts, WaitingPod } from '../fit/node-fit.ts';
import type { GlobalOptions } from '../global-options.ts';
import type { Manifest } from '../offline/manifests.ts';
import { withManifestOptions, type OfflineOptions } from '../offline/command-options.ts';

type FitsOptions = OfflineOptions & GlobalOptions & { output: 'text' | 'json' | 'yaml' };

/** Where one guest could run. */
interface Placement {
  namespace: string;
  name: string;
  nodes: { node: string; fits: boolean; reason?: string }[];
}

/** `fits -f FILE`. */
export function fitsCommand(program: Command): void {
  withManifestOptions(program.command('fits'))
    .description('say for each node of the cluster whether a virtual machine fits, or the first reason why not')
    .addOption(
      new Option('-o, --output <form>', 'form of the answer').choices(['text', 'json', 'yaml']).default('text'),
    )
    .action(async (_options: unknown, command: Command) => {
      const options = command.optsWithGlobals<FitsOptions>();
      const placements = await placementsOf(options);
      const { formatObjects } = await import('../offline/output.ts');
      const { output } = options;
      console.log(output === 'text' ? placements.map(tableOf).join('\n\n') : formatObjects(placements, output));
      if (placements.some(({ nodes }) => !nodes.some(({ fits }) => fits))) process.exitCode = 1;
    });
}

async function placementsOf(options: FitsOptions): Promise<Placement[]> {
  const [{ withSession }, { readManifests }, { withNamespace }, { readNodes, readSurroundings }, { whyNot }] =
    await Promise.all([
      import('../session.ts'),
      import('../offline/manifests.ts'),
      import('../offline/objects.ts'),
      import('../fit/cluster-state.ts'),
      import('../fit/node-fit.ts'),
    ]);
  const read = readManifests(options.filename);
  return withSession(options, async ({ client, namespace }) => {
    const own = withNamespace(read, namespace);
    const [nodes, surroundings] = await Promise.all([readNodes(client), readSurroundings(client, own)]);
    const pods = await podsOf(options, [...own, ...surroundings]);
    return pods.map(({ namespace: space, name, pod }) => ({
      namespace: space,
      name,
      nodes: nodes.map((node) => verdictOf(node, whyNot(pod, node))),
    }));
  });
}

const verdictOf = ({ name }: NodeFacts, reason: string | undefined): Placement['nodes'][number] => {
  return reason === undefined ? { node: name, fits: true } : { node: name, fits: false, reason };
};

async function podsOf(
  { config }: FitsOptions,
  manifests: readonly Manifest[],
): Promise<{ namespace: string; name: string; pod: WaitingPod }[]> {
  const [
    { clusterSettings },
    { instancesOf },
    { renderOptionsOf },
    { forObject, withStandInUid },
    { renderLauncherPod },
  ] = await Promise.all([
    import('../offline/cluster-settings.ts'),
    import('../offline/instances.ts'),
    import('../offline/facts.ts'),
    import('../offline/objects.ts'),
    import('@quickvirt/launcher-pod'),
  ]);
  const settings = clusterSettings(config, manifests);
  return instancesOf(manifests, settings).map((vmi) => {
    const options = renderOptionsOf(vmi, manifests, {});
    const { spec } = forObject(vmi, () => renderLauncherPod(withStandInUid(vmi), settings, options));
    return { namespace: vmi.metadata.namespace ?? '', name: vmi.metadata.name ?? '', pod: spec as WaitingPod };
  });
}

function tableOf({ namespace, name, nodes }: Placement): string {
  const width = Math.max(...nodes.map(({ node }) => node.length), 'NODE'.length);
  const lines = nodes.map(
    ({ node, fits, reason = '' }) => `${node.padEnd(width)}  ${fits ? 'yes' : 'no '}   ${reason}`,
  );
  return [
    `${namespace}/${name}`,
    `${'NODE'.padEnd(width)}  FITS  WHY NOT`,
    ...lines.map((line) => line.trimEnd()),
  ].join('\n');
}
