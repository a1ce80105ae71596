import { virtualMachineInstances } from '@quickvirt/api';
import { pods } from '@quickvirt/kube';
import type { Operator } from './operator.ts';
import type { Overseer } from './overseer.ts';
import type { Epilogue } from './plan.ts';
import type { World } from './world/world.ts';

/** Where an epilogue takes place. */
export interface Stage {
  readonly world: World;
  readonly overseer: Overseer;
  readonly operator: Operator;
  /** Lets one thing happen. */
  readonly step: () => Promise<void>;
}

/** From the end of a guest, whatever its pod's fate, to its instance's status: issue's bound for every status. */
const STATUS_MS = 60_000;
/** virt-controller's successor waits for no Lease to run out (15 s). */
const HAND_OVER_MS = 10_000;
/** So long a stop may take: work under way, as Manager bounds it. */
const STOP_MS = 20_000;

/** What must come in time, in a world that is well. Answers whether anything was done. */
export async function runEpilogue(epilogue: Epilogue, stage: Stage): Promise<boolean> {
  return { forcePod, stopLeader, stopHandler }[epilogue](stage);
}

/** The pod of a guest that runs is removed; its node, which lives, has to tell the end. */
async function forcePod(stage: Stage): Promise<boolean> {
  const { world, overseer, operator } = stage;
  const [launcher] = world.runningDomains();
  const pod = world.api.list(pods).find(({ metadata }) => metadata.uid === launcher?.podUid);
  if (!launcher || !pod) return false;
  overseer.podForced(launcher.podUid);
  // It may take all the time that it is given, and virt-handler may find it only when it starts.
  launcher.isStubborn = world.random.chance(0.5);
  const node = world.nodes.findIndex(({ launchers }) => launchers.includes(launcher));
  if (world.random.chance(0.5)) operator.inflict({ type: 'crashHandler', which: node, downMs: 1_000 });
  const { name = '', namespace } = pod.metadata;
  world.api.delete(pods, { name, namespace }, { gracePeriodSeconds: 0 });
  const isTold = () => {
    const vmi = world.api.list(virtualMachineInstances).find(({ metadata }) => metadata.uid === launcher.vmiUid);
    return !vmi || vmi.status?.phase === 'Failed' || vmi.status?.phase === 'Succeeded';
  };
  // The kubelet gives the containers of a pod that is gone the time that the pod's specification says.
  await within(stage, launcher.podGraceSeconds * 1_000 + STATUS_MS, isTold, 'the end of a removed pod is told late');
  return true;
}

/** A leader is told to stop: the other one leads at once. */
async function stopLeader(stage: Stage): Promise<boolean> {
  const { operator } = stage;
  const [leader] = operator.leaders;
  if (!leader?.isCandidate) return false;
  operator.stop(leader, STOP_MS);
  const isLed = () => operator.leaders.some((process) => process !== leader);
  await within(stage, HAND_OVER_MS, isLed, 'a leader that stops does not hand over');
  await within(stage, STOP_MS, () => !leader.alive, 'a process does not stop when told to');
  return true;
}

/** A virt-handler is told to stop: it does, and no guest ends with it. */
async function stopHandler(stage: Stage): Promise<boolean> {
  const { world, operator, overseer } = stage;
  const handler = operator.handlerOf(world.nodes[0]?.name ?? '');
  if (!handler?.alive) return false;
  const before = world.runningDomains().length;
  operator.stop(handler, STOP_MS);
  await within(stage, STOP_MS, () => !handler.alive, 'a process does not stop when told to');
  if (world.runningDomains().length !== before) overseer.broken('a guest ends with its virt-handler', handler.name);
  return true;
}

async function within({ world, overseer, step }: Stage, limitMs: number, isDone: () => boolean, rule: string) {
  const startMs = world.agenda.nowMs;
  while (!isDone() && !overseer.violation) {
    if (world.agenda.nowMs - startMs > limitMs) overseer.broken(rule, `not within ${limitMs / 1_000} s`);
    await step();
  }
}
