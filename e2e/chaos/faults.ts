import { setTimeout as sleep } from 'node:timers/promises';
import { eventually } from '@quickvirt/testing';
import type { Kubectl } from '../src/kubectl.ts';
import { HANDLER_PROCESS, inNode } from '../src/local-node.ts';
import { DISK_FAULTS } from './disk-faults.ts';
import type { Fault } from './fault.ts';
import { manyMachines } from './machines.ts';
import { allReady, kill, ourPods } from './our-pods.ts';

/** Between two random kills: some hit a pod as it starts, some one that has settled. */
const LONGEST_PAUSE_MS = 1500;

/** In this order: each acts on what the one before left. */
export const FAULTS: readonly Fault[] = [
  {
    title: 'each of our pods is killed in turn',
    strike: async ({ system }) => {
      for (const pod of await ourPods(system)) await kill(system, pod);
    },
  },
  {
    title: 'our pods are killed at random',
    strike: async ({ system, kills, draw }) => {
      for (let i = 0; i < kills; i++) {
        const pods = await ourPods(system);
        const pod = pods[draw(pods.length)];
        if (pod) await kill(system, pod);
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
    strike: async ({ guestNode }) => void (await inNode(guestNode, 'systemctl restart kubelet')),
  },
  {
    title: 'containerd restarts',
    needs: 'nodes',
    strike: async ({ guestNode }) => void (await inNode(guestNode, 'systemctl restart containerd')),
  },
  ...DISK_FAULTS,
  {
    title: 'the cluster has no DNS',
    strike: async ({ system }) => {
      const dns = system.in('kube-system');
      const replicas = await dns.run(['get', 'deployment', 'coredns', '-o', 'jsonpath={.spec.replicas}']);
      await dns.run(['scale', 'deployment', 'coredns', '--replicas=0']);
      try {
        for (const pod of await ourPods(system)) await kill(system, pod);
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

/** Until the API server has been down and is back; kubectl says at once when nothing listens. */
async function apiServerAnswers(system: Kubectl): Promise<void> {
  await eventually(() => system.run(['get', '--raw', '/readyz'], { timeoutMs: 5_000 }), {
    timeoutMs: 120_000,
    intervalMs: 500,
  });
}
