import { randomUUID } from 'node:crypto';
import { LeaderElector, Manager, Recorder, type ControllerOptions, type KubeClient } from '@quickvirt/kube';
import { HealthServer, type Logger, type Metrics } from '@quickvirt/telemetry';
import { apiServicesController, apiServicesMetrics, withdrawFromEndingNamespace } from './api-services/index.ts';
import { authorityController, authorityKey, authorityMetrics } from './certificates/authority.ts';
import { injectionController } from './certificates/injection.ts';
import { signingController } from './certificates/signing.ts';
import { configReader, kubevirtOf } from './current-config.ts';
import { hotplugDevicesController } from './controllers/hotplug-devices/index.ts';
import { kubevirtController } from './controllers/kubevirt/index.ts';
import { nodeController, NodeLives } from './controllers/node/index.ts';
import { vmController } from './controllers/vm/index.ts';
import { vmiController } from './controllers/vmi/index.ts';
import { makeInformers, type Informers } from './informers.ts';
import { makeFirstKubeVirt } from './first-kubevirt.ts';
import { vmMetrics } from './metrics/vm-metrics.ts';
import { vmiMetrics } from './metrics/vmi-metrics.ts';
import type { Options } from './options.ts';

/** What virt-controller runs with. */
export interface RunPorts {
  readonly client: KubeClient;
  /** Renews the lease, over connections that the work never holds. */
  readonly leaseClient: KubeClient;
  readonly logger: Logger;
  readonly metrics: Metrics;
}

/** Keys worked on at once by the VM and the VMI controller: most of the time a worker waits for the API server. */
const WORKERS = 16;

/**
 * Runs virt-controller until aborted: probes and caches at once, controllers as the leader. Rejects when leadership is
 * lost or the probes' port is taken; the process must end then.
 */
export async function runVirtController(options: Options, ports: RunPorts, signal: AbortSignal): Promise<void> {
  const { client, leaseClient, logger, metrics } = ports;
  const { namespace } = options;
  const informers = makeInformers(client, { namespace, logger });
  const common: ControllerOptions = { logger, metrics, metricsPrefix: 'kubevirt_' };
  const leaderElector = new LeaderElector(leaseClient, {
    lease: { name: 'virt-controller', namespace },
    identity: `${options.podName}_${randomUUID()}`,
    ...common,
  });
  const manager = new Manager({ logger, leaderElector });
  const recorders = {
    vm: new Recorder(client, { component: 'virtualmachine-controller', ...common }),
    vmi: new Recorder(client, { component: 'virtualmachineinstance-controller', ...common }),
    kubevirt: new Recorder(client, { component: 'virt-controller', ...common }),
  };
  addControllers(manager, options, { ...ports, recorders, common }, informers);
  leaderMetrics(metrics, leaderElector, manager);
  const health = new HealthServer({
    port: options.healthPort,
    logger,
    metrics,
    configResourceVersion: () => kubevirtOf(informers.kubevirts)?.metadata.resourceVersion,
    ready: { caches: () => (manager.isSynced ? undefined : 'the caches hold no complete list yet') },
  });
  const { port } = await health.listen();
  logger.info('virt-controller runs', { namespace, port });
  try {
    await manager.run(signal);
    await withdrawFromEndingNamespace({ client, informers, namespace }, logger);
    await Promise.all(Object.values(recorders).map((recorder) => recorder.flush()));
  } finally {
    await health.close();
  }
}

function addControllers(
  manager: Manager,
  options: Options,
  ports: RunPorts & {
    readonly recorders: Readonly<Record<'vm' | 'vmi' | 'kubevirt', Recorder>>;
    readonly common: ControllerOptions;
  },
  informers: Informers,
): void {
  const { client, logger, metrics, recorders, common } = ports;
  const { namespace, launcherImage } = options;
  const config = configReader(informers.kubevirts);
  const shared = { client, informers, config, namespace };
  const lives = new NodeLives();
  const authority = authorityController(shared, common);
  manager
    .addControllers(
      vmController({ ...shared, recorder: recorders.vm }, { ...common, workers: WORKERS }),
      vmiController({ ...shared, recorder: recorders.vmi, launcherImage, lives }, { ...common, workers: WORKERS }),
      hotplugDevicesController({ ...shared, recorder: recorders.vmi, launcherImage }, common),
      nodeController({ ...shared, lives }, common),
      kubevirtController(shared, common),
      authority,
      signingController(shared, common),
      injectionController(shared, common),
      apiServicesController({ ...shared, recorder: recorders.kubevirt }, common),
    )
    .addRunnable(
      {
        name: 'first-certificate',
        run: (stopped) => {
          // Nothing tells of a CA that does not exist yet.
          authority.enqueue(authorityKey(namespace));
          return new Promise((resolve) => stopped.addEventListener('abort', () => resolve(), { once: true }));
        },
      },
      { whenLeading: true },
    )
    .addRunnable(
      {
        name: 'first-kubevirt',
        run: async (stopped) => {
          const existing = informers.kubevirts.store.list();
          await makeFirstKubeVirt(client, { path: options.firstConfigurationPath, namespace, existing, logger });
          await new Promise<void>((resolve) => stopped.addEventListener('abort', () => resolve(), { once: true }));
        },
      },
      { whenLeading: true },
    );
  metrics.gauge({
    name: 'quickvirt_nodes_unresponsive',
    help: 'Nodes that do not answer and are not proved off: their machines are not started elsewhere.',
    collect: (gauge) => gauge.set(lives.count('unresponsive')),
  });
  authorityMetrics(shared, metrics);
  apiServicesMetrics(shared, metrics);
  vmMetrics(informers, metrics);
  vmiMetrics(informers, metrics);
}

function leaderMetrics(metrics: Metrics, leaderElector: LeaderElector, manager: Manager): void {
  metrics.gauge({
    name: 'kubevirt_virt_controller_leading_status',
    help: '1 on the replica that leads, 0 on those that wait.',
    collect: (gauge) => gauge.set(leaderElector.isLeader ? 1 : 0),
  });
  metrics.gauge({
    name: 'kubevirt_virt_controller_ready_status',
    help: '1 when the caches are complete, so that this replica could lead.',
    collect: (gauge) => gauge.set(manager.isSynced ? 1 : 0),
  });
}
