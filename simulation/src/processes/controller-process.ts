import { Manager, type ControllerOptions } from '@quickvirt/kube';
import { configReader } from '../../../apps/virt-controller/src/current-config.ts';
import { nodeController, NodeLives } from '../../../apps/virt-controller/src/controllers/node/index.ts';
import { vmController } from '../../../apps/virt-controller/src/controllers/vm/index.ts';
import { vmiController } from '../../../apps/virt-controller/src/controllers/vmi/index.ts';
import { makeInformers } from '../../../apps/virt-controller/src/informers.ts';
import { apiClient } from '../world/api-client.ts';
import { NAMESPACE, type World } from '../world/world.ts';
import type { Mutant } from '../mutants.ts';
import { Process } from './process.ts';

/** Starts virt-controller's caches, VM and VMI controllers, as its leader runs them. */
export function startController(world: World, name: string, mutant?: Mutant): Process {
  const process = new Process(world, name);
  const { clock, logger, random } = process;
  const own = apiClient(world, process);
  const client = mutant?.controller?.(own) ?? own;
  const informers = makeInformers(client, { namespace: NAMESPACE, logger, clock, random });
  const config = configReader(informers.kubevirts);
  const recorder = { event: () => undefined };
  const options: ControllerOptions = { logger, clock, random };
  const lives = new NodeLives();
  const manager = new Manager({ logger, clock }).addControllers(
    nodeController({ client, informers, namespace: NAMESPACE, lives }, options),
    vmController({ client, informers, recorder, config, random }, options),
    vmiController({ client, informers, recorder, config, launcherImage: 'launcher', lives }, options),
  );
  world.agenda.add(process, `${name} starts`, () => void manager.run(process.signal));
  return process;
}
