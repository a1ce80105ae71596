import { KubeClient } from '@quickvirt/kube';
import { createLogger, Metrics } from '@quickvirt/telemetry';
import { DEVICE_RULE_COMMAND, runDeviceRuleCommand } from './device-plugins/device-rule-command.ts';
import { QAT_COMMAND, qatDryRun } from './qat/dry-run.ts';
import { readOptions, UsageError } from './options.ts';
import { runVirtHandler } from './run.ts';

let logger = createLogger({ component: 'virt-handler' });

try {
  if (process.argv[2] === DEVICE_RULE_COMMAND) {
    await runDeviceRuleCommand(process.argv.slice(3));
    process.exit(0);
  }
  if (process.argv[2] === QAT_COMMAND) {
    const text = await qatDryRun(process.argv.slice(3), process.env);
    // To the end, before the process does: a pipe's reader may be slow.
    await new Promise((resolve) => process.stdout.write(text, resolve));
    process.exit(0);
  }
  const options = readOptions(process.argv.slice(2), process.env);
  logger = createLogger({ component: 'virt-handler', verbosity: options.logVerbosity });
  const metrics = new Metrics({ process: true });
  const client = await KubeClient.load({ userAgent: 'virt-handler', metrics, metricsPrefix: 'kubevirt_' });
  const stop = new AbortController();
  for (const name of ['SIGTERM', 'SIGINT'] as const) process.once(name, () => stop.abort());
  await runVirtHandler(options, { client, logger, metrics }, stop.signal);
  await client.close();
} catch (error) {
  if (error instanceof UsageError) logger.error(error.message);
  else logger.error('virt-handler ends', { error });
  // A part is broken: start anew. Guests do not depend on this process.
  process.exit(1);
}
