import { KubeClient } from '@quickvirt/kube';
import { createLogger, Metrics } from '@quickvirt/telemetry';
import { readOptions, UsageError } from './options.ts';
import { runVirtController } from './run.ts';
import { readHook, runHook } from './uninstall/run-hook.ts';

const logger = createLogger({ component: 'virt-controller', verbosity: verbosity(process.argv.slice(2)) });

try {
  const hook = readHook(process.argv.slice(2), process.env);
  if (hook) process.exit(await runHook(hook, logger));
  const options = readOptions(process.argv.slice(2), process.env);
  const metrics = new Metrics({ process: true });
  const client = await KubeClient.load({ userAgent: 'virt-controller', metrics, metricsPrefix: 'kubevirt_' });
  const leaseClient = await KubeClient.load({ userAgent: 'virt-controller-leader-election' });
  const stop = new AbortController();
  for (const name of ['SIGTERM', 'SIGINT'] as const) process.once(name, () => stop.abort());
  await runVirtController(options, { client, leaseClient, logger, metrics }, stop.signal);
  await Promise.all([client.close(), leaseClient.close()]);
} catch (error) {
  if (error instanceof UsageError) logger.error(error.message);
  else logger.error('virt-controller ends', { error });
  process.exitCode = 1;
  // Leadership is lost or a part is broken: nothing may run on behind the back of a successor.
  process.exit();
}

/** Read ahead of the other options, so that their faults are logged, too. */
function verbosity(args: readonly string[]): number {
  const found = /^--log-verbosity=(\d)$/.exec(args.find((argument) => argument.startsWith('--log-verbosity=')) ?? '');
  return found ? Number(found[1]) : 2;
}
