import { setTimeout as sleep } from 'node:timers/promises';
import { eventually } from '@quickvirt/testing';
import type { Kubectl } from '../src/kubectl.ts';
import { HANDLER_PROCESS, inNode } from '../src/local-node.ts';
import { DISK_FAULTS } from './disk-faults.ts';
import { handlerOn } from '../src/node-steps.ts';
import type { ChaosWorld, Fault } from './fault.ts';
import { manyMachines } from './machines.ts';
import { allReady, kill, killAll, ourPods } from './our-pods.ts';

/** Between two random kills: some hit a pod as it starts, some one that has settled. */
const LONGEST_PAUSE_MS = 1500;

/** In this order: each acts on what the one before left. */
export const FAULTS: readonly Fault[] = [
  {
    title: 'each of our pods is killed in turn',
    strike: killAll,
  },
  {
    title: 'our pods are killed at random',
    strike: async (world) => {
      const { system, kills, draw } = world;
      for (let killed = 0; killed < kills;) {
        const pods = await ourPods(system);
        const pod = pods[draw(pods.length)];
        if (pod && (await kill(world, pod))) killed++;
        await sleep(draw(LONGEST_PAUSE_MS)); // the pause is the fault's own rhythm, not a wait for something
      }
    },
  },
  {
    title: 'the API server restarts',
    needs: 'nodes',
    strike: async ({ system, controlPlaneNode = '' }) => {
      await inNode(controlPlaneNode, 'kill -KILL $(pidof kube-apiserver)'); // kubelet starts another
      await apiServerAnswers(system);
    },
  },
  {
    title: 'kubelet restarts',
    needs: 'nodes',
    strike: (world) => restartUnit(world, 'kubelet'),
  },
  {
    title: 'containerd restarts',
    needs: 'nodes',
    strike: (world) => restartUnit(world, 'containerd'),
  },
  ...DISK_FAULTS,
  {
    title: 'the cluster has no DNS',
    strike: async (world) => {
      const { system } = world;
      const dns = system.in('kube-system');
      const replicas = await dns.run(['get', 'deployment', 'coredns', '-o', 'jsonpath={.spec.replicas}']);
      await dns.run(['scale', 'deployment', 'coredns', '--replicas=0']);
      try {
        await dns.run(['wait', 'pod', '-l', 'k8s-app=kube-dns', '--for=delete', '--timeout=90s'], {
          timeoutMs: 100_000,
        });
        await killAll(world);
        await allReady(system);
      } finally {
        await dns.run(['scale', 'deployment', 'coredns', `--replicas=${replicas}`]);
      }
    },
  },
  {
    title: 'virt-handler is cut from the API server',
    needs: 'nodes',
    strike: async ({ guestNode, cutMs }) => {
      // In the pod's own network namespace: the Service's address is still what it dials there.
      const rule = '-p tcp --dport 443 -j DROP';
      const pid = (await inNode(guestNode, HANDLER_PROCESS)).trim();
      const iptables = (verb: '-I' | '-D') =>
        inNode(guestNode, `nsenter --target ${pid} --net iptables ${verb} OUTPUT ${rule}`);
      await iptables('-I');
      try {
        await sleep(cutMs); // the length of the cut is the fault itself
      } finally {
        await iptables('-D').catch(() => undefined); // a handler that was restarted meanwhile has a fresh namespace
      }
    },
  },
  { title: 'many machines are created, stopped and deleted while leaders die', strike: manyMachines },
];

/** Restarts a service of the guest's node, and waits until containers can be reached through kubelet and containerd. */
async function restartUnit({ system, guestNode }: ChaosWorld, unit: 'kubelet' | 'containerd'): Promise<void> {
  await inNode(guestNode, `systemctl restart ${unit}`);
  const handler = await handlerOn({ kubectl: system, system: system.namespace ?? '' }, guestNode);
  await eventually(() => system.run(['exec', handler, '-c', 'virt-handler', '--', 'true'], { timeoutMs: 10_000 }), {
    timeoutMs: 60_000,
    intervalMs: 500,
  });
}

/** Until the API server has been down and is back; kubectl says at once when nothing listens. */
async function apiServerAnswers(system: Kubectl): Promise<void> {
  await eventually(() => system.run(['get', '--raw', '/readyz'], { timeoutMs: 5_000 }), {
    timeoutMs: 120_000,
    intervalMs: 500,
  });
}
