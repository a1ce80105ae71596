import type { Kubectl } from '../src/kubectl.ts';
import type { SteadyGuest } from './steady-guest.ts';

/** What faults work on. */
export interface ChaosWorld {
  /** Of QuickVirt's own namespace. */
  system: Kubectl;
  /** Of the guests' namespace. */
  guests: Kubectl;
  steady: SteadyGuest;
  /** The node that the steady guest runs on; a container of this machine when the cluster is a local one. */
  guestNode: string;
  /** The control plane's node; undefined when the cluster is not a local one, whose nodes cannot be reached into. */
  controlPlaneNode: string | undefined;
  /** What faults may touch of this cluster. */
  reach: ReadonlySet<Reach>;
  /** How long virt-handler is cut from the API server. */
  cutMs: number;
  /** Kills at random. */
  kills: number;
  /** Machines that are created, stopped and deleted. */
  machines: number;
  /** A whole number below `bound`, by the run's seed. */
  draw: (bound: number) => number;
}

/** Something that not every cluster has: nodes that are containers of this machine, with a disk of their own. */
export type Reach = 'nodes' | 'node disks';

/** One thing that goes wrong. It is over, and mended, when `strike` returns. */
export interface Fault {
  title: string;
  needs?: Reach;
  strike: (world: ChaosWorld) => Promise<void>;
}
