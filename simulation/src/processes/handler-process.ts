import { Manager, type ControllerOptions } from '@quickvirt/kube';
import { configReader, kubevirtInformer } from '../../../apps/virt-handler/src/current-config.ts';
import { Launchers } from '../../../apps/virt-handler/src/launchers/launchers.ts';
import { runHeartbeat } from '../../../apps/virt-handler/src/node/heartbeat.ts';
import { supersededGuests } from '../../../apps/virt-handler/src/superseded/index.ts';
import { vmiController, vmiInformer } from '../../../apps/virt-handler/src/vmi/index.ts';
import { apiClient } from '../world/api-client.ts';
import { launcherDialer } from '../world/launcher.ts';
import { NAMESPACE, type World } from '../world/world.ts';
import type { Mutant } from '../mutants.ts';
import { Process } from './process.ts';

export interface HandlerProcessOptions {
  readonly nodeName: string;
  readonly mutant?: Mutant | undefined;
  /** Called when it has ended by itself, as told. */
  readonly onEnd: (process: Process) => void;
}

/** Starts virt-handler's caches, launcher connections and VMI controller on a node. */
export function startHandler(world: World, { nodeName, mutant, onEnd }: HandlerProcessOptions): Process {
  const process = new Process(world, `virt-handler-${nodeName}`, nodeName);
  const { clock, logger, random } = process;
  const own = apiClient(world, process);
  const client = mutant?.handler?.(own, { isDeposed: () => false }) ?? own;
  const ownDialer = launcherDialer(world, nodeName, process);
  const dialer = mutant?.dialer?.(ownDialer) ?? ownDialer;
  const podEnd = (podUid: string, signal: AbortSignal): Promise<void> =>
    world
      .node(nodeName)
      .podEnd(podUid, signal)
      .then(() => new Promise((resolve) => process.soon(`${process.name} finds nothing left of a pod`, resolve)));
  const untilPodHasEnded = mutant?.podEnd?.(podEnd) ?? podEnd;
  const vmis = vmiInformer(client, nodeName, { logger, clock, random });
  const kubevirts = kubevirtInformer(client, NAMESPACE, { logger, clock, random });
  const launchers = new Launchers({ dialer, logger, clock });
  const options: ControllerOptions = { logger, clock, random };
  const vmiLoop = vmiController(
    {
      client,
      recorder: { event: () => undefined },
      launchers,
      vmis,
      kubevirts,
      nodeName,
      config: configReader(kubevirts.store),
      prepareDevices: async () => undefined,
      untilPodHasEnded,
      clock,
    },
    options,
  );
  const superseded = supersededGuests(
    { client, nodeName, vmis, dialer, launcherPods: async () => world.node(nodeName).listeningPods(), logger },
    options,
  );
  const heartbeat = { client, namespace: NAMESPACE, nodeName, podName: process.name, logger, clock };
  const manager = new Manager({ logger, clock })
    .addControllers(superseded.controller)
    // As virt-handler does: guests that were given up come before all others.
    .addControllers({ ...vmiLoop, run: (stop) => superseded.sweep(stop).then(() => vmiLoop.run(stop)) })
    .addRunnable({ name: 'heartbeat', run: (stop) => runHeartbeat(heartbeat, stop) });
  const end = () => {
    launchers.close();
    onEnd(process);
  };
  world.agenda.add(process, `${process.name} starts`, () => void manager.run(process.signal).then(end, end));
  return process;
}
