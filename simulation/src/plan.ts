import type { VirtualMachineRunStrategy } from '@quickvirt/api';
import { Random } from './random.ts';
import type { RequestFate } from './world/network.ts';

/** What a user does. `create` makes the VM with a strategy. */
export type UserAction =
  | { type: 'create'; vm: string; strategy: VirtualMachineRunStrategy; grace: number }
  | { type: 'start' | 'stop' | 'restart' | 'delete' | 'deleteInstance'; vm: string }
  | { type: 'deletePod' | 'forcePod'; vm: string }
  | { type: 'setStrategy'; vm: string; strategy: VirtualMachineRunStrategy };

/** What goes wrong beside requests. */
export type Fault =
  | { type: 'crashController' | 'crashHandler' | 'restartHandler'; which: number; downMs: number }
  /** SIGTERM: it ends in its own time. */
  | { type: 'stopController' | 'stopHandler'; which: number; downMs: number }
  /** It gets no processor time, and then goes on with what it was about to do; its clocks may have stood still, too. */
  | { type: 'pause'; which: number; forMs: number; clockStopped: boolean }
  /** A second virt-controller leads beside the first, for a time. */
  | { type: 'twoLeaders'; forMs: number }
  | { type: 'stall'; which: number; forMs: number }
  /** Watches of a kind lag behind in one process. */
  | { type: 'lagWatches'; which: number; plural: string; forMs: number }
  | { type: 'cutWatches' | 'expireWatches' | 'repeatEvents' }
  | { type: 'stepClock'; which: number; byMs: number }
  | { type: 'killLauncher'; which: number }
  | { type: 'endGuest'; which: number; how: 'poweroff' | 'crash' }
  | { type: 'disconnectNode'; which: number; forMs: number }
  /** The node is off for a time, and may be proved off in that time. */
  | { type: 'powerOffNode'; which: number; forMs: number; proof?: { how: 'taint' | 'delete'; afterMs: number } };

/** A test of time: what is done in a world without faults. */
export type Epilogue = 'forcePod' | 'stopLeader' | 'stopHandler';

/** Something that happens at a step of the run. */
export type Happening = { atStep: number } & ({ user: UserAction } | { fault: Fault });

/** What becomes of the n-th request, or of the n-th SyncDomain. */
export interface RequestFault {
  readonly request: number;
  readonly fate: Exclude<RequestFate, 'served'>;
}
export interface SyncFault {
  readonly sync: number;
  readonly fate: 'refused' | 'unanswered';
}

/** All of a run but the order of what may happen at once, which the seed decides. Plain data: it can be cut and kept. */
export interface Plan {
  readonly seed: number;
  readonly nodes: number;
  /** Two virt-controllers elect a leader; else one leads without asking, and a second one may beside it. */
  readonly election: boolean;
  /** What happens once all is well again, and must come out in time. */
  readonly epilogue: Epilogue | undefined;
  readonly happenings: readonly Happening[];
  /** Only writes are counted for `requestFaults`, not reads and heartbeats. */
  readonly writesOnly: boolean;
  readonly requestFaults: readonly RequestFault[];
  readonly syncFaults: readonly SyncFault[];
}

const STRATEGIES: readonly VirtualMachineRunStrategy[] = [
  'Always',
  'Always',
  'Manual',
  'RerunOnFailure',
  'Halted',
  'Once',
];
const FATES: readonly RequestFault['fate'][] = [
  'lost',
  'unanswered',
  'unanswered',
  'conflict',
  'throttled',
  'failed',
  'late',
];
const WATCHED = ['virtualmachines', 'virtualmachineinstances', 'pods'] as const;
const EPILOGUES: readonly Epilogue[] = ['forcePod', 'forcePod', 'stopLeader', 'stopHandler'];
/** Shares of runs; each makes a run longer: candidates renew and look at their Lease every 2 s. */
const ELECTION_SHARE = 0.2;
const EPILOGUE_SHARE = 0.15;
/** Steps within which users act and faults happen. */
const TROUBLED_STEPS = 400;

/** The plan of a seed. */
export function planOf(seed: number): Plan {
  const random = new Random(seed ^ 0x5eed);
  const nodes = random.between(1, 2);
  const election = random.chance(ELECTION_SHARE);
  const epilogue = random.chance(EPILOGUE_SHARE) ? random.pick(EPILOGUES) : undefined;
  const vms = Array.from({ length: random.between(1, 2) }, (_, index) => `vm${index}`);
  const actions = vms.flatMap((vm) => userActions(vm, random));
  const happenings = [...actions, ...faults(random, { nodes, election }, actions)];
  return {
    seed,
    nodes,
    election,
    epilogue,
    happenings: happenings.toSorted((a, b) => a.atStep - b.atStep),
    writesOnly: random.chance(0.6),
    requestFaults: requestFaults(random),
    syncFaults: random.chance(0.3)
      ? [{ sync: random.below(3), fate: random.pick(['refused', 'unanswered'] as const) }]
      : [],
  };
}

function userActions(vm: string, random: Random): Happening[] {
  const create: UserAction = { type: 'create', vm, strategy: random.pick(STRATEGIES), grace: random.pick([0, 5, 30]) };
  const actions: Happening[] = [{ atStep: random.below(30), user: create }];
  for (let count = random.below(5); count > 0; count--) {
    const type = random.pick([
      'start',
      'start',
      'stop',
      'restart',
      'setStrategy',
      'delete',
      'deletePod',
      'forcePod',
      'deleteInstance',
      'create',
    ] as const);
    const atStep = random.between(30, TROUBLED_STEPS);
    if (type === 'setStrategy') actions.push({ atStep, user: { type, vm, strategy: random.pick(STRATEGIES) } });
    else if (type === 'create') actions.push({ atStep, user: { ...create, strategy: random.pick(STRATEGIES) } });
    else actions.push({ atStep, user: { type, vm } });
  }
  return actions;
}

/** Not all kinds in one run: few kinds at a time go deeper (swarm testing). In some runs they come just after the user. */
function faults(
  random: Random,
  { nodes, election }: Pick<Plan, 'nodes' | 'election'>,
  actions: readonly Happening[],
): Happening[] {
  const forMs = () => random.pick([500, 5_000, 40_000]);
  const awayMs = () => random.pick([500, 5_000, 60_000, 200_000, 400_000]);
  const pause = (): Fault => ({
    type: 'pause',
    which: random.below(election ? 2 : 4),
    forMs: random.pick([500, 12_000, 20_000, 100_000]),
    clockStopped: random.chance(0.5),
  });
  const kinds: (() => Fault)[] = [
    () => ({ type: 'crashController', which: random.below(2), downMs: forMs() }),
    () => ({ type: 'crashHandler', which: random.below(nodes), downMs: forMs() }),
    () => ({ type: 'stopController', which: random.below(2), downMs: forMs() }),
    () => ({ type: 'stopHandler', which: random.below(nodes), downMs: forMs() }),
    pause,
    // What an elected leader does that stood still is worth more than one look.
    ...(election ? [pause, pause] : []),
    () => ({ type: 'restartHandler', which: random.below(nodes), downMs: forMs() }),
    () => ({ type: 'twoLeaders', forMs: forMs() }),
    () => ({ type: 'stall', which: random.below(3), forMs: forMs() }),
    () => ({ type: random.pick(['cutWatches', 'expireWatches', 'repeatEvents'] as const) }),
    () => ({ type: 'lagWatches', which: random.below(3), plural: random.pick(WATCHED), forMs: forMs() }),
    () => ({ type: 'stepClock', which: random.below(3), byMs: random.pick([-3_600_000, -10_000, 10_000, 3_600_000]) }),
    () => ({ type: 'killLauncher', which: random.below(4) }),
    () => ({ type: 'endGuest', which: random.below(4), how: random.pick(['poweroff', 'crash'] as const) }),
    () => ({ type: 'disconnectNode', which: random.below(nodes), forMs: awayMs() }),
    () => ({
      type: 'powerOffNode',
      which: random.below(nodes),
      forMs: awayMs(),
      ...(random.chance(0.6) && {
        proof: { how: random.pick(['taint', 'delete'] as const), afterMs: random.pick([100, 20_000, 100_000]) },
      }),
    }),
  ];
  const enabled = kinds.filter(() => random.chance(0.35));
  if (enabled.length === 0) return [];
  const count = random.below(8);
  const close = random.chance(election ? 0.6 : 0.4);
  const atStep = () => (close ? random.pick(actions).atStep + random.between(0, 40) : random.below(TROUBLED_STEPS));
  return Array.from({ length: count }, () => ({ atStep: atStep(), fault: random.pick(enabled)() }));
}

function requestFaults(random: Random): RequestFault[] {
  const perRequest = random.pick([0, 0.02, 0.1, 0.3]);
  const enabled = FATES.filter(() => random.chance(0.5));
  if (enabled.length === 0) return [];
  const list: RequestFault[] = [];
  for (let request = 0; request < 150; request++) {
    if (random.chance(perRequest)) list.push({ request, fate: random.pick(enabled) });
  }
  return list;
}
