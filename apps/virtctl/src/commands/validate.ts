import { Option, type Command } from 'commander';
import { withManifestOptions, type OfflineOptions } from '../offline/command-options.ts';
import type { Manifest } from '../offline/manifests.ts';
import type { ObjectVerdict } from '../offline/verdict.ts';

type ValidateOptions = OfflineOptions & { output: 'text' | 'json' | 'yaml' };

/** `validate -f FILE`. */
export function validateCommand(program: Command): void {
  withManifestOptions(program.command('validate'))
    .description('say, without a cluster, what it would refuse; exit status 1 when it would refuse anything')
    .addOption(
      new Option('-o, --output <form>', 'form of the answer').choices(['text', 'json', 'yaml']).default('text'),
    )
    .action(async (_options: unknown, command: Command) => {
      const options = command.optsWithGlobals<ValidateOptions>();
      const verdicts = await verdictsOn(options);
      console.log(await print(verdicts, options.output));
      if (verdicts.some(({ verdict }) => !verdict.allowed)) process.exitCode = 1;
    });
}

interface FoundVerdict {
  manifest: Manifest;
  verdict: ObjectVerdict;
}

async function verdictsOn({ filename, config, namespace = 'default' }: OfflineOptions): Promise<FoundVerdict[]> {
  const [{ readManifests }, { clusterSettings }, { factsOf, withNamespace }, { verdictOn }] = await Promise.all([
    import('../offline/manifests.ts'),
    import('../offline/cluster-settings.ts'),
    import('../offline/objects.ts'),
    import('../offline/verdict.ts'),
  ]);
  const manifests = withNamespace(readManifests(filename), namespace);
  const settings = clusterSettings(config, manifests);
  const facts = factsOf(manifests);
  return manifests.map((manifest) => ({ manifest, verdict: verdictOn(manifest.object, settings, facts) }));
}

async function print(found: readonly FoundVerdict[], form: ValidateOptions['output']): Promise<string> {
  const verdicts = found.map(({ verdict }) => verdict);
  if (form === 'json') return JSON.stringify(verdicts, undefined, 2);
  if (form === 'yaml') return (await import('yaml')).stringify(verdicts);
  return found.map(textOf).join('\n');
}

function textOf({ manifest: { source }, verdict }: FoundVerdict): string {
  const { kind, namespace, name, allowed, causes, warnings } = verdict;
  const outcome = allowed ? 'allowed' : `refused, ${causes.length} ${causes.length === 1 ? 'cause' : 'causes'}`;
  return [
    `${source}: ${kind} ${namespace ? `${namespace}/` : ''}${name}: ${outcome}`,
    ...causes.map(({ field, type, message }) => `  ${field ? `${field}: ` : ''}${message} (${type})`),
    ...warnings.map((warning) => `  warning: ${warning}`),
  ].join('\n');
}
