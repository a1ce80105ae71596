import { nodes, Manager, Recorder, type ControllerOptions, type KubeClient } from '@quickvirt/kube';
import { untilPodHasEnded, type PodEndOptions } from '@quickvirt/host';
import { deviceAccessOf, type DeviceAccess } from '@quickvirt/node-plan';
import { serveHandler } from '@quickvirt/rpc';
import { HealthServer, type Logger, type Metrics } from '@quickvirt/telemetry';
import { consoleHandlers } from './console.ts';
import { configReader, kubevirtInformer } from './current-config.ts';
import { chownContainerDevices } from './device-plugins/container-devices.ts';
import { SharedDevices } from './device-plugins/shared-devices.ts';
import { PluginRegistry } from './device-plugins/plugin-registry.ts';
import { podsWithLauncherSocket } from './launchers/launcher-socket.ts';
import { socketDialer } from './launchers/launcher-dialer.ts';
import { Launchers } from './launchers/launchers.ts';
import { DynamicResourceAllocation } from './dra/dynamic-resource-allocation.ts';
import { guestActionHandlers } from './guest-actions.ts';
import { DeviceMemories, functionFinder, guestDevicesController } from './guest-devices/index.ts';
import { runHeartbeat } from './node/heartbeat.ts';
import { nodeLabelController } from './node/node-labels.ts';
import { ownNodeInformer } from './node/own-node.ts';
import type { Options } from './options.ts';
import { PciDevices } from './pci-devices.ts';
import { nodeStatusController } from './qat/node-status.ts';
import { ServingCertificate } from './serving-certificate.ts';
import { nodeCpuLimits } from './vmi/cpu-limits.ts';
import { supersededGuests } from './superseded/index.ts';
import { vmiController, vmiInformer } from './vmi/index.ts';

/** What virt-handler runs with. */
export interface RunPorts {
  readonly client: KubeClient;
  readonly logger: Logger;
  readonly metrics: Metrics;
  /** Where the node's processes and their cgroups are; the host's own when left out. */
  readonly podEnd?: PodEndOptions;
}

/**
 * Runs virt-handler until aborted: probes at once; device plugins, caches, certificate and consoles side by side; guests
 * once the caches are filled. Its end touches no guest. Rejects when a port is taken or a part fails.
 */
export async function runVirtHandler(options: Options, ports: RunPorts, signal: AbortSignal): Promise<void> {
  const { client, logger, metrics } = ports;
  const { nodeName, namespace, kubeletDirectory } = options;
  const access = await deviceAccess(client, nodeName, logger);
  const vmis = vmiInformer(client, nodeName, { logger });
  const kubevirts = kubevirtInformer(client, namespace, { logger });
  const config = configReader(kubevirts.store);
  const dialer = socketDialer(kubeletDirectory);
  const launchers = new Launchers({ dialer, logger });
  const certificate = new ServingCertificate({ client, namespace, nodeName, logger, metrics });
  const registry = new PluginRegistry({ pluginDirectory: `${kubeletDirectory}/device-plugins`, logger });
  const sharedDevices = new SharedDevices({ ...options, registry, count: options.maxDevices, access, logger, metrics });
  const ownNode = ownNodeInformer(client, nodeName, { logger });
  const common: ControllerOptions = { logger, metrics, metricsPrefix: 'kubevirt_' };
  let dra: DynamicResourceAllocation | undefined;
  const pciDevices = await PciDevices.open(
    {
      ...options,
      registry,
      access,
      config: () => config().hostDevices,
      nodeLabels: () => ownNode.store.get(nodeName)?.metadata.labels ?? {},
      logger,
      metrics,
    },
    ({ inventory, allocations, nodes }) => {
      const driverName = () => config().hostDevices.qat.draDriverName;
      const nodesOf = (addresses: readonly string[]) => nodes.nodesOf(addresses);
      const devices = { source: inventory, holds: allocations, nodesOf, access };
      dra = new DynamicResourceAllocation({ ...options, ...devices, client, driverName, logger, metrics }, common);
      return dra.ownership;
    },
  );
  kubevirts.subscribe(() => dra?.configChanged());
  kubevirts.subscribe(() => pciDevices.configChanged());
  ownNode.subscribe(() => pciDevices.configChanged());
  const recorder = new Recorder(client, { component: 'virt-handler', host: nodeName, ...common });
  const prepareDevices: Parameters<typeof vmiController>[0]['prepareDevices'] = async (vmi, podUid) => {
    if (access === 'chown') await chownContainerDevices(vmi, podUid, logger);
    await pciDevices.access.allowLockedMemory(vmi, podUid);
  };
  const node = {
    client,
    nodeName,
    namespace,
    podName: options.podName,
    logger,
    certificate: () => certificate.current,
  };
  let isReady = false;
  const nodeLabels = nodeLabelController(
    {
      client,
      nodeName,
      kubevirts,
      config,
      capabilitiesDirectory: options.capabilitiesDirectory,
      isReady: () => isReady,
    },
    common,
  );
  const memories = new DeviceMemories();
  const guests = { client, recorder, launchers, vmis, config };
  const vmiLoop = vmiController(
    {
      ...guests,
      kubevirts,
      nodeName,
      prepareDevices,
      untilPodHasEnded: (podUid, stop) => untilPodHasEnded(podUid, stop, ports.podEnd),
      cpuLimits: nodeCpuLimits(logger),
      deviceProblem: (key) => memories.problem(key),
    },
    common,
  );
  memories.subscribe((key) => vmiLoop.enqueue(key));
  const superseded = supersededGuests(
    {
      client,
      nodeName,
      vmis,
      dialer,
      launcherPods: () => podsWithLauncherSocket(kubeletDirectory),
      logger,
    },
    common,
  );
  const guestDevices = guestDevicesController(
    {
      ...guests,
      memories,
      access: pciDevices.access,
      findFunction: functionFinder(`${kubeletDirectory}/pod-resources/kubelet.sock`),
      functionFacts: (pciAddress) => pciDevices.inventory.functionByAddress(pciAddress),
      onFactsChange: (listener) => void pciDevices.inventory.onChange(listener),
    },
    common,
  );
  const manager = new Manager({ logger })
    .addInformers(certificate.caBundle)
    .addControllers(superseded.controller)
    // Guests that the cluster gave up while this node was away are ended before anything is done for others.
    .addControllers({ ...vmiLoop, run: (stop) => superseded.sweep(stop).then(() => vmiLoop.run(stop)) }, guestDevices)
    .addRunnable({ name: 'serving-certificate', run: (stop) => certificate.run(stop) })
    .addRunnable({ name: 'heartbeat', run: (stop) => runHeartbeat(node, stop) })
    .addRunnable({ name: 'device-plugins', run: (stop) => registry.run(stop) })
    .addRunnable({ name: 'shared-devices', run: (stop) => sharedDevices.run(stop) })
    .addRunnable({ name: 'pci-devices', run: (stop) => pciDevices.run(stop) })
    .addRunnable({
      name: 'dra',
      run: async (stop) => {
        await Promise.race([pciDevices.inventory.scanned(), aborted(stop)]);
        if (!stop.aborted) await dra?.run(stop);
      },
    })
    .addControllers(
      nodeLabels,
      nodeStatusController({ ...pciDevices.view, client, recorder, nodeName, ownNode }, common),
    )
    .addRunnable({
      name: 'node-labels',
      run: async (stop) => {
        await Promise.race([sharedDevices.registered(), aborted(stop)]);
        isReady = true;
        nodeLabels.enqueue(nodeName);
        await aborted(stop);
      },
    });
  const sessions = sessionMetric(metrics);
  readyMetric(metrics, () => manager.isSynced && !certificate.problem() && !sharedDevices.problem());
  const health = new HealthServer({
    port: options.healthPort,
    logger,
    metrics,
    configResourceVersion: () => config().resourceVersion,
    ready: {
      caches: () => (manager.isSynced ? undefined : 'the caches hold no complete list yet'),
      certificate: () => certificate.problem(),
      'device-plugins': () => sharedDevices.problem(),
    },
  });
  await health.listen();
  const consoles = await serveHandler({
    port: options.grpcPort,
    tls: certificate.tls,
    handlers: {
      ...consoleHandlers({ nodeName, vmis: vmis.store, launchers, sessions, logger }),
      ...guestActionHandlers({ nodeName, vmis: vmis.store, launchers, recorder }),
    },
    onError: (method, error) => logger.debug('a call failed', { method, error }),
  });
  logger.info('virt-handler runs', { nodeName, deviceAccess: access, grpcPort: consoles.port });
  try {
    await manager.run(signal);
  } finally {
    launchers.close();
    await Promise.all([consoles.close(), health.close(), recorder.flush()]);
  }
}

/** How this node's runtime gives devices to containers. */
async function deviceAccess(client: KubeClient, nodeName: string, logger: Logger): Promise<DeviceAccess> {
  const node = await client.get(nodes, { name: nodeName });
  const runtime = node.status?.nodeInfo?.containerRuntimeVersion ?? '';
  const access = deviceAccessOf(runtime);
  logger.info('how devices reach launcher pods', { runtime, access });
  return access;
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
}

function sessionMetric(metrics: Metrics) {
  return metrics.gauge<never>({
    name: 'quickvirt_console_sessions',
    help: 'Console sessions that are open on this node.',
  });
}

function readyMetric(metrics: Metrics, isReady: () => boolean): void {
  metrics.gauge({
    name: 'kubevirt_virt_handler_ready_status',
    help: '1 when virt-handler looks after the guests of its node.',
    collect: (gauge) => gauge.set(isReady() ? 1 : 0),
  });
}
