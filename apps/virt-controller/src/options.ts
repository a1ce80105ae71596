import { hostname } from 'node:os';
import { parseArgs } from 'node:util';

/** How virt-controller was told to run. */
export interface Options {
  /** Image of launcher pods. */
  readonly launcherImage: string;
  /** klog-style, 0 to 9. */
  readonly logVerbosity: number;
  /** Port of /healthz, /readyz and /metrics. */
  readonly healthPort: number;
  /** Namespace that QuickVirt is installed in. */
  readonly namespace: string;
  /** File with `spec.configuration` of the KubeVirt object to make when there is none. */
  readonly firstConfigurationPath: string | undefined;
  /** Tells this process from its peers in the Lease. */
  readonly podName: string;
}

/** A flag or variable that is missing or makes no sense; the message says which and what it should be. */
export class UsageError extends Error {}

/**
 * Reads flags and the pod's identity from the environment.
 * @throws UsageError
 */
export function readOptions(args: readonly string[], env: Readonly<Record<string, string | undefined>>): Options {
  const { values } = parse(args);
  const launcherImage = values['launcher-image'];
  if (!launcherImage) throw new UsageError('--launcher-image is missing: name the image of launcher pods');
  return {
    launcherImage,
    logVerbosity: wholeNumber('--log-verbosity', values['log-verbosity'] ?? '2', 9),
    healthPort: wholeNumber('--health-port', values['health-port'] ?? '8080', 65_535),
    namespace: env['POD_NAMESPACE'] ?? 'quickvirt',
    firstConfigurationPath: values['first-configuration'],
    podName: env['POD_NAME'] ?? hostname(),
  };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        'launcher-image': { type: 'string' },
        'log-verbosity': { type: 'string' },
        'health-port': { type: 'string' },
        'first-configuration': { type: 'string' },
      },
    });
  } catch (error) {
    throw new UsageError(
      `${error instanceof Error ? error.message : String(error)}; known: --launcher-image, --log-verbosity, --health-port, --first-configuration`,
      { cause: error },
    );
  }
}

function wholeNumber(flag: string, text: string, most: number): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 0 || value > most) {
    throw new UsageError(`${flag}=${text} is no whole number from 0 to ${most}`);
  }
  return value;
}
