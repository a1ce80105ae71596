import type { Command } from 'commander';

/** Options of every command that reads manifests. */
export interface OfflineOptions {
  filename: string[];
  config?: string;
  /** Of the global flags. */
  namespace?: string;
}

const collect = (value: string, before: string[] = []): string[] => [...before, value];

/** Adds `-f` and `--config`. */
export function withManifestOptions(command: Command): Command {
  return command
    .requiredOption(
      '-f, --filename <path>',
      'file or folder with manifests, - for standard input; may be repeated',
      collect,
    )
    .option('--config <path>', 'file with the KubeVirt object of the cluster; defaults apply where it is left out');
}
