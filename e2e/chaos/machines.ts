import { strict as assert } from 'node:assert';
import { setTimeout as sleep } from 'node:timers/promises';
import { eventually } from '@quickvirt/testing';
import type { Kubectl } from '../src/kubectl.ts';
import type { ChaosWorld } from './fault.ts';
import { kill, ourPods } from './our-pods.ts';

/** What was asked for of one machine. */
export type Wish = 'running' | 'stopped' | 'deleted';

/** One request to the API, in the order they are sent. Pure data. */
export interface Request {
  name: string;
  verb: 'create' | 'stop' | 'start' | 'delete';
}

/** A machine without a disk to boot from: its firmware waits, which costs no CPU. */
const machine = (name: string): object => ({
  apiVersion: 'kubevirt.io/v1',
  kind: 'VirtualMachine',
  metadata: { name, labels: { 'e2e.quickvirt.io/chaos': 'many' } },
  spec: {
    runStrategy: 'Always',
    template: {
      spec: {
        terminationGracePeriodSeconds: 0,
        domain: {
          memory: { guest: '16Mi' },
          devices: {
            autoattachPodInterface: false,
            logSerialConsole: false,
            disks: [{ name: 'empty', disk: { bus: 'virtio' } }],
          },
        },
        volumes: [{ name: 'empty', emptyDisk: { capacity: '1Mi' } }],
      },
    },
  },
});

/**
 * The requests of a run, and what they leave. Each machine is created, then stopped, started or deleted in turns, so that
 * every end state is asked for in every run. Pure.
 */
export function requestsFor(count: number): { requests: Request[]; wishes: Map<string, Wish> } {
  const ways: readonly (readonly Request['verb'][])[] = [
    ['create'],
    ['create', 'stop'],
    ['create', 'delete'],
    ['create', 'stop', 'start'],
    ['create', 'stop', 'delete'],
  ];
  const wishes = new Map<string, Wish>();
  const byMachine = Array.from({ length: count }, (_, index) => {
    const name = `many-${index}`;
    const way = ways[index % ways.length] ?? [];
    const last = way.at(-1);
    wishes.set(name, last === 'delete' ? 'deleted' : last === 'stop' ? 'stopped' : 'running');
    return way.map((verb): Request => ({ name, verb }));
  });
  const rounds = Math.max(...byMachine.map((one) => one.length));
  const requests = Array.from({ length: rounds }, (_, round) => byMachine.flatMap((one) => one[round] ?? [])).flat();
  return { requests, wishes };
}

/**
 * Sends the requests while leaders are killed, then waits until exactly what was asked for is there.
 * @throws Error that lists what is there and should not be, or the other way round
 */
export async function manyMachines(world: ChaosWorld): Promise<void> {
  const { guests, machines } = world;
  const { requests, wishes } = requestsFor(machines);
  let sending = true;
  let killed = 0;
  const killing = (async (): Promise<void> => {
    while (sending) {
      const leaders = await leadersOf(world.system);
      const pods = [...leaders, ...(await ourPods(world.system, 'kubevirt.io=virt-api'))];
      const pod = pods[world.draw(pods.length)];
      if (pod && (await kill(world, pod))) killed++;
      await sleep(1000 + world.draw(1000)); // the fault's own rhythm
    }
  })();
  try {
    for (const request of requests) await send(guests, request);
  } finally {
    sending = false;
    await killing;
  }
  assert.ok(killed > 0, 'nobody died while the requests were sent');
  await exactly(guests, wishes);
}

/** The pod that holds virt-controller's Lease: its identity begins with the pod's name. */
async function leadersOf(system: Kubectl): Promise<string[]> {
  const { stdout } = await system.try(['get', 'lease', 'virt-controller', '-o', 'jsonpath={.spec.holderIdentity}']);
  const pod = stdout.split('_')[0];
  return pod ? [pod] : [];
}

async function send(guests: Kubectl, { name, verb }: Request): Promise<void> {
  const strategy = (runStrategy: string): string[] => [
    'patch',
    'vm',
    name,
    '--type=merge',
    '-p',
    JSON.stringify({ spec: { runStrategy } }),
  ];
  const words: Record<Request['verb'], { args: string[]; input?: string }> = {
    create: { args: ['apply', '-f', '-'], input: JSON.stringify(machine(name)) },
    stop: { args: strategy('Halted') },
    start: { args: strategy('Always') },
    delete: { args: ['delete', 'vm', name, '--wait=false', '--ignore-not-found'] },
  };
  const { args, input } = words[verb];
  // A webhook that nobody answers for the moment refuses, as it should; its user asks again.
  await eventually(() => guests.run(args, { input }), { timeoutMs: 60_000, intervalMs: 500 });
}

async function exactly(guests: Kubectl, wishes: ReadonlyMap<string, Wish>): Promise<void> {
  const wanted = {
    VirtualMachine: namesOf(wishes, ['running', 'stopped']),
    VirtualMachineInstance: namesOf(wishes, ['running']),
    Pod: namesOf(wishes, ['running']),
  };
  for (const [kind, names] of Object.entries(wanted)) {
    let state = '';
    await guests.watchUntil(
      kind,
      { selector: kind === 'VirtualMachine' ? 'e2e.quickvirt.io/chaos=many' : undefined },
      (found) => {
        const there = [...found.values()].map((object) => describe(kind, object)).filter((one) => one !== undefined);
        state = `${kind}: ${there.sort().join(', ')}; asked for: ${names.join(', ')}`;
        return JSON.stringify(there.sort()) === JSON.stringify(names);
      },
      { timeoutMs: 300_000, describe: () => state },
    );
  }
}

/** The name as the wish has it once it runs; anything else keeps `exactly` waiting, and shows in its message. */
function describe(kind: string, object: { metadata: { name: string }; [field: string]: unknown }): string | undefined {
  const { name } = object.metadata;
  if (kind === 'VirtualMachine') return name;
  const status = object['status'] as { phase?: string } | undefined;
  const labels = (object.metadata as { labels?: Record<string, string> }).labels ?? {};
  const machineName = kind === 'Pod' ? (labels['vm.kubevirt.io/name'] ?? name) : name;
  if (!machineName.startsWith('many-')) return undefined; // the steady guest
  return status?.phase === 'Running' ? machineName : `${machineName} (${status?.phase})`;
}

const namesOf = (wishes: ReadonlyMap<string, Wish>, which: readonly Wish[]): string[] =>
  [...wishes]
    .filter(([, wish]) => which.includes(wish))
    .map(([name]) => name)
    .sort();
