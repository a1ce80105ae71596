import { Manager, type ControllerOptions } from '@quickvirt/kube';
import { configReader, kubevirtInformer } from '../../../apps/virt-handler/src/current-config.ts';
import { Launchers } from '../../../apps/virt-handler/src/launchers/launchers.ts';
import { vmiController, vmiInformer } from '../../../apps/virt-handler/src/vmi/index.ts';
import { apiClient } from '../world/api-client.ts';
import { launcherDialer } from '../world/launcher.ts';
import { NAMESPACE, type World } from '../world/world.ts';
import type { Mutant } from '../mutants.ts';
import { Process } from './process.ts';

/** Starts virt-handler's caches, launcher connections and VMI controller on a node. */
export function startHandler(world: World, nodeName: string, mutant?: Mutant): Process {
  const process = new Process(world, `virt-handler-${nodeName}`, nodeName);
  const { clock, logger, random } = process;
  const own = apiClient(world, process);
  const client = mutant?.handler?.(own) ?? own;
  const dialer = launcherDialer(world, nodeName, process);
  const vmis = vmiInformer(client, nodeName, { logger, clock, random });
  const kubevirts = kubevirtInformer(client, NAMESPACE, { logger, clock, random });
  const launchers = new Launchers({ dialer: mutant?.dialer?.(dialer) ?? dialer, logger, clock });
  const options: ControllerOptions = { logger, clock, random };
  const manager = new Manager({ logger, clock }).addControllers(
    vmiController(
      {
        client,
        recorder: { event: () => undefined },
        launchers,
        vmis,
        kubevirts,
        nodeName,
        config: configReader(kubevirts.store),
        prepareDevices: async () => undefined,
        clock,
      },
      options,
    ),
  );
  world.agenda.add(process, `${process.name} starts`, () => void manager.run(process.signal));
  return process;
}
