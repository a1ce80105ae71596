import { parseArgs } from 'node:util';
import { KubeClient, Manager, systemClock } from '@quickvirt/kube';
import { createLogger, Metrics } from '@quickvirt/telemetry';
import { VirtApi } from './virt-api.ts';

const { values } = parseArgs({
  options: {
    'log-verbosity': { type: 'string', default: '2' },
    port: { type: 'string', default: '8443' },
  },
});

const logger = createLogger({ component: 'virt-api', verbosity: Number(values['log-verbosity']) });
const metrics = new Metrics({ process: true });
const stopping = new AbortController();
for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => stopping.abort());

try {
  const client = await KubeClient.load({ userAgent: 'virt-api', metrics, metricsPrefix: 'kubevirt_' });
  const virtApi = new VirtApi({
    client,
    installNamespace: process.env['POD_NAMESPACE'] ?? client.namespace,
    port: Number(values.port),
    build: { gitCommit: process.env['GIT_COMMIT'] ?? '', buildDate: process.env['BUILD_DATE'] ?? '' },
    logger,
    metrics,
    clock: systemClock,
  });
  const manager = new Manager({ logger });
  virtApi.addTo(manager);
  const { port, stop } = await virtApi.serve();
  logger.info('virt-api listens', { port });
  await manager.run(stopping.signal);
  await stop();
  await client.close();
} catch (error) {
  logger.error('virt-api ends', { error });
  process.exitCode = 1;
  process.exit();
}
