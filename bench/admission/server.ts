/**
 * virt-api's webhooks in a process of their own, without a cluster. It says its port, and its memory whenever it is asked.
 */
import { clusterConfigFrom } from '@quickvirt/config';
import { createLogger } from '@quickvirt/telemetry';
import { createApp, type AppOptions } from '../../apps/virt-api/src/app.ts';
import { bootstrapCertificate } from '../../apps/virt-api/src/bootstrap-certificate.ts';
import { TlsServer } from '../../apps/virt-api/src/tls-server.ts';

/** Parts of virt-api that no webhook calls. */
type Unused = Pick<AppOptions, 'service' | 'gate' | 'health'>;
const healthy = async (): Promise<void> => {};

const config = clusterConfigFrom(undefined);
const server = new TlsServer({
  listener: createApp({
    ...({
      service: {},
      gate: {},
      health: { healthz: healthy, readyz: healthy, metrics: healthy },
    } as unknown as Unused),
    config: () => config,
    installNamespace: 'quickvirt',
    // The sample objects ask for nothing but presets, of which there are none.
    readFact: async () => [],
    evacuate: async () => {},
    build: { gitCommit: '', buildDate: '' },
    logger: createLogger({ component: 'bench', verbosity: 0 }),
  }),
  onUpgrade: () => {},
  identity: await bootstrapCertificate(new Date()),
});
process.send?.({ port: await server.listen(0, '127.0.0.1') });
process.on('message', () => process.send?.({ rssBytes: process.memoryUsage().rss }));
