import { LeaderElector, Manager, type ControllerOptions } from '@quickvirt/kube';
import { configReader } from '../../../apps/virt-controller/src/current-config.ts';
import { nodeController, NodeLives } from '../../../apps/virt-controller/src/controllers/node/index.ts';
import { vmController } from '../../../apps/virt-controller/src/controllers/vm/index.ts';
import { vmiController } from '../../../apps/virt-controller/src/controllers/vmi/index.ts';
import { makeInformers } from '../../../apps/virt-controller/src/informers.ts';
import { apiClient } from '../world/api-client.ts';
import { NAMESPACE, type World } from '../world/world.ts';
import type { Mutant } from '../mutants.ts';
import { Process } from './process.ts';

/** virt-controller's Lease. */
const LEADER_LEASE = { name: 'virt-controller', namespace: NAMESPACE };

/** A virt-controller: of several at once, those that lead. */
export class ControllerProcess extends Process {
  /** Whether its controllers run. */
  leads = false;
  /** Whether it leads only while it holds the Lease. */
  isCandidate = false;
}

export interface ControllerProcessOptions {
  readonly name: string;
  /** Unique to this process; left out, it leads without asking. */
  readonly identity?: string | undefined;
  readonly mutant?: Mutant | undefined;
  /** Called when it has ended by itself: it was told to, or has lost its Lease. */
  readonly onEnd: (process: Process) => void;
}

/** Starts virt-controller's caches, VM and VMI controllers, as its leader runs them. */
export function startController(world: World, options: ControllerProcessOptions): ControllerProcess {
  const { name, identity, mutant, onEnd } = options;
  const process = new ControllerProcess(world, name);
  process.isCandidate = identity !== undefined;
  const { clock, logger, random } = process;
  const own = apiClient(world, process);
  const isDeposed = () => identity !== undefined && world.holderOf(LEADER_LEASE) !== identity;
  const client = mutant?.controller?.(own, { isDeposed }) ?? own;
  const informers = makeInformers(client, { namespace: NAMESPACE, logger, clock, random });
  const config = configReader(informers.kubevirts);
  const recorder = { event: () => undefined };
  const common: ControllerOptions = { logger, clock, random };
  const lives = new NodeLives();
  const election = { lease: LEADER_LEASE, logger, clock, random };
  const leaderElector = identity === undefined ? undefined : new LeaderElector(client, { ...election, identity });
  const manager = new Manager({ logger, clock, ...(leaderElector && { leaderElector }) })
    .addControllers(
      nodeController({ client, informers, namespace: NAMESPACE, lives }, common),
      vmController({ client, informers, recorder, config, random }, common),
      vmiController({ client, informers, recorder, config, launcherImage: 'launcher', lives }, common),
    )
    .addRunnable({ name: 'leading', run: (stop) => leadUntil(stop, process) }, { whenLeading: true });
  world.agenda.add(process, `${name} starts`, () => {
    // As its main program: once it ends, well or badly, nothing of it runs on.
    void manager.run(process.signal).then(
      () => onEnd(process),
      () => onEnd(process),
    );
  });
  return process;
}

function leadUntil(stop: AbortSignal, process: ControllerProcess): Promise<void> {
  process.leads = !stop.aborted;
  return new Promise((resolve) => {
    const end = () => {
      process.leads = false;
      resolve();
    };
    if (stop.aborted) end();
    stop.addEventListener('abort', end, { once: true });
  });
}
