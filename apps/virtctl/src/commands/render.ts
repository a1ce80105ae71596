import { Option, type Command } from 'commander';
import type { VirtualMachineInstance } from '@quickvirt/api';
import type { ClusterConfig } from '@quickvirt/config';
import { withManifestOptions, type OfflineOptions } from '../offline/command-options.ts';
import type { Pod } from '@quickvirt/launcher-pod';
import type { FactsFile } from '../offline/facts.ts';
import type { Manifest } from '../offline/manifests.ts';

type RenderCommandOptions = OfflineOptions & { output: 'yaml' | 'json' | 'xml' | 'text'; facts?: string };

/** What is rendered, and from what. */
interface Scene {
  vmis: VirtualMachineInstance[];
  manifests: Manifest[];
  config: ClusterConfig;
  facts: FactsFile;
  output: RenderCommandOptions['output'];
}

/** `render vmi|pod|domain|memory -f FILE`. */
export function renderCommand(program: Command): void {
  const render = program.command('render').description('print, without a cluster, what a virtual machine becomes');
  const add = (name: string, description: string, forms: string[], print: (scene: Scene) => Promise<string>) => {
    const command = withManifestOptions(render.command(name)).description(description);
    if (name !== 'vmi') command.option('--facts <path>', 'file with facts of cluster and node; see docs/virtctl.md');
    command
      .addOption(new Option('-o, --output <form>', 'form of the output').choices(forms).default(forms[0]))
      .action(async (_options: unknown, self: Command) => {
        console.log(await print(await sceneOf(self.optsWithGlobals<RenderCommandOptions>())));
      });
  };
  add('vmi', 'the VirtualMachineInstance, with its defaults', ['yaml', 'json'], printVmis);
  add('pod', 'the launcher pod', ['yaml', 'json'], printPods);
  add('domain', 'the libvirt domain', ['xml', 'yaml', 'json'], printDomains);
  add('memory', 'what the launcher pod asks of memory, line by line', ['text', 'yaml', 'json'], printMemory);
}

async function sceneOf({
  filename,
  config,
  facts,
  namespace = 'default',
  output,
}: RenderCommandOptions): Promise<Scene> {
  const [{ readManifests }, { clusterSettings }, { withNamespace }, { instancesOf }, { readFacts }] = await Promise.all(
    [
      import('../offline/manifests.ts'),
      import('../offline/cluster-settings.ts'),
      import('../offline/objects.ts'),
      import('../offline/instances.ts'),
      import('../offline/facts.ts'),
    ],
  );
  const manifests = withNamespace(readManifests(filename), namespace);
  const settings = clusterSettings(config, manifests);
  return { vmis: instancesOf(manifests, settings), manifests, config: settings, facts: readFacts(facts), output };
}

async function printVmis({ vmis, output }: Scene): Promise<string> {
  const { formatObjects } = await import('../offline/output.ts');
  return formatObjects(vmis, output === 'json' ? 'json' : 'yaml');
}

async function printPods(scene: Scene): Promise<string> {
  const [{ formatObjects }, { podSecurityOf }, pods] = await Promise.all([
    import('../offline/output.ts'),
    import('@quickvirt/launcher-pod'),
    podsOf(scene),
  ]);
  for (const { vmi, pod } of pods) {
    const { level, reasons } = podSecurityOf(pod.spec);
    if (level === 'restricted') continue;
    const { namespace, name } = vmi.metadata;
    // Beside the manifest, which may be read by a program.
    console.error(`${namespace}/${name}: needs a namespace of Pod Security ${level}: ${reasons.join('; ')}`);
  }
  // What is undefined has no place in a manifest.
  return formatObjects(
    JSON.parse(JSON.stringify(pods.map(({ pod }) => pod))) as unknown[],
    scene.output === 'json' ? 'json' : 'yaml',
  );
}

async function podsOf({ vmis, manifests, config, facts }: Scene): Promise<{ vmi: VirtualMachineInstance; pod: Pod }[]> {
  const [{ renderLauncherPod }, { renderOptionsOf }, { forObject, withStandInUid }] = await Promise.all([
    import('@quickvirt/launcher-pod'),
    import('../offline/facts.ts'),
    import('../offline/objects.ts'),
  ]);
  return vmis.map((vmi) => {
    const options = renderOptionsOf(vmi, manifests, facts);
    return { vmi, pod: forObject(vmi, () => renderLauncherPod(withStandInUid(vmi), config, options)) };
  });
}

async function printDomains({ vmis, manifests, config, facts, output }: Scene): Promise<string> {
  const [{ formatObjects }, { convertVmiToDomain, renderXml }, { domainConfigFrom }, objects, fromFacts] =
    await Promise.all([
      import('../offline/output.ts'),
      import('@quickvirt/domain-xml'),
      import('@quickvirt/config'),
      import('../offline/objects.ts'),
      import('../offline/facts.ts'),
    ]);
  const { forObject, withStandInUid } = objects;
  const { domainFactsOf, renderOptionsOf } = fromFacts;
  const domains = vmis.map((vmi) => {
    const domainFacts = domainFactsOf(vmi, config, renderOptionsOf(vmi, manifests, facts), facts);
    return forObject(vmi, () => convertVmiToDomain(withStandInUid(vmi), domainConfigFrom(config), domainFacts));
  });
  if (output === 'xml') return domains.map((domain) => renderXml(domain).trimEnd()).join('\n');
  return formatObjects(JSON.parse(JSON.stringify(domains)) as unknown[], output === 'json' ? 'json' : 'yaml');
}

async function printMemory(scene: Scene): Promise<string> {
  const [{ formatObjects }, { memoryLines }, { memoryReport, memoryTable }, pods] = await Promise.all([
    import('../offline/output.ts'),
    import('@quickvirt/launcher-pod'),
    import('../offline/memory-report.ts'),
    podsOf(scene),
  ]);
  const { config, output } = scene;
  const reports = pods.map(({ vmi, pod }) => memoryReport(vmi, memoryLines(vmi, config), pod));
  return output === 'text' || output === 'xml' ? reports.map(memoryTable).join('\n\n') : formatObjects(reports, output);
}
