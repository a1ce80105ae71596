import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { KubeClient } from '@quickvirt/kube';
import type { Logger } from '@quickvirt/telemetry';
import { UsageError } from '../options.ts';
import { postDelete, type PostDeleteOptions } from './post-delete.ts';
import { preDelete, type PreDeleteOptions } from './pre-delete.ts';
import { Refused } from './refused.ts';

/** A hook of the chart and how it was told to run. */
export type Hook =
  ({ readonly name: 'pre-delete' } & PreDeleteOptions) | ({ readonly name: 'post-delete' } & PostDeleteOptions);

/** Below the 300 s that Helm waits for a hook, so that our own message comes first. */
const DEFAULT_TIMEOUT_SECONDS = '270';
/** Tells the Job that to try again is of no use; any other failure is tried again. */
const REFUSED_EXIT_CODE = 3;
/** Where the kubelet reads what becomes the container's termination message. */
const TERMINATION_MESSAGE = '/dev/termination-log';

/**
 * Reads the sub-commands `pre-delete` and `post-delete`. Pure.
 * @returns undefined when the arguments name no hook: virt-controller itself is meant.
 * @throws UsageError
 */
export function readHook(args: readonly string[], env: Readonly<Record<string, string | undefined>>): Hook | undefined {
  const [name, ...rest] = args;
  if (name !== 'pre-delete' && name !== 'post-delete') return undefined;
  const { workloads = 'block', 'timeout-seconds': seconds = DEFAULT_TIMEOUT_SECONDS } = parse(rest);
  const timeoutMs = Number(seconds) * 1000;
  if (!Number.isInteger(timeoutMs) || timeoutMs <= 0) {
    throw new UsageError(`--timeout-seconds=${seconds} is no positive number`);
  }
  const common = { namespace: env['POD_NAMESPACE'] ?? 'quickvirt', timeoutMs };
  if (name === 'post-delete') return { name, ...common };
  if (workloads !== 'block' && workloads !== 'remove') {
    throw new UsageError(`--workloads=${workloads} is neither block nor remove`);
  }
  return { name, workloads, ...common };
}

function parse(args: readonly string[]): { workloads?: string; 'timeout-seconds'?: string; 'log-verbosity'?: string } {
  try {
    return parseArgs({
      args: [...args],
      options: {
        workloads: { type: 'string' },
        'timeout-seconds': { type: 'string' },
        'log-verbosity': { type: 'string' },
      },
    }).values;
  } catch (error) {
    throw new UsageError(`${(error as Error).message}; known: --workloads, --timeout-seconds, --log-verbosity`, {
      cause: error,
    });
  }
}

/** Runs a hook; its exit code. A refusal is in the log, in Helm's output and in the Job's pod, where kubectl shows it. */
export async function runHook(hook: Hook, logger: Logger): Promise<number> {
  const client = await KubeClient.load({ userAgent: `quickvirt-${hook.name}` });
  try {
    await (hook.name === 'pre-delete' ? preDelete(client, hook, logger) : postDelete(client, hook, logger));
    logger.info(`${hook.name} is done`);
    return 0;
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    // Helm shows what the Job wrote: plain text, so that a command in it can be copied.
    process.stderr.write(`${error.message}\n`);
    writeFileSync(TERMINATION_MESSAGE, error.message);
    return REFUSED_EXIT_CODE;
  } finally {
    await client.close();
  }
}
