import { setTimeout as sleep } from 'node:timers/promises';
import { eventually } from '@quickvirt/testing';
import { runEngine } from '../../cluster/src/engine.ts';
import type { Kubectl } from '../src/kubectl.ts';

/** What faults work on. */
export interface ChaosWorld {
  /** Of QuickVirt's own namespace. */
  system: Kubectl;
  /** The node that the steady guest runs on; a container of this machine when the cluster is a local one. */
  guestNode: string;
  /** The control plane's node; undefined when the cluster is not a local one, whose nodes cannot be reached into. */
  controlPlaneNode: string | undefined;
  /** How long virt-handler is cut from the API server. */
  cutMs: number;
  /** Kills at random. */
  kills: number;
  /** A whole number below `bound`, by the run's seed. */
  draw: (bound: number) => number;
}

/** One thing that goes wrong. It is over, and mended, when `strike` returns. */
export interface Fault {
  title: string;
  /** Reaches into nodes, which only a local cluster's are there for. */
  needsNodes: boolean;
  strike: (world: ChaosWorld) => Promise<void>;
}

const OURS = 'kubevirt.io in (virt-api,virt-controller,virt-handler)';
/** Between two random kills: some hit a pod as it starts, some one that has settled. */
const LONGEST_PAUSE_MS = 1500;

/** Prints the process id of the container virt-handler that runs on a node; fails when there is none. */
const HANDLER_PROCESS = [
  `for id in $(ctr -n k8s.io containers ls -q 'labels."io.kubernetes.container.name"==virt-handler'); do`,
  `  ctr -n k8s.io tasks ls | awk -v id="$id" '$1 == id && $3 == "RUNNING" { print $2 }'`,
  `done | grep .`,
].join('\n');

/** In this order: each acts on what the one before left. */
export const FAULTS: readonly Fault[] = [
  {
    title: 'each of our pods is killed in turn',
    needsNodes: false,
    strike: async ({ system }) => {
      for (const pod of await ourPods(system)) await kill(system, pod);
    },
  },
  {
    title: 'our pods are killed at random',
    needsNodes: false,
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
    needsNodes: true,
    strike: async ({ system, controlPlaneNode = '' }) => {
      await inNode(controlPlaneNode, 'kill -KILL $(pidof kube-apiserver)'); // kubelet starts another
      await apiServerAnswers(system);
    },
  },
  {
    title: 'kubelet restarts',
    needsNodes: true,
    strike: async ({ guestNode }) => void (await inNode(guestNode, 'systemctl restart kubelet')),
  },
  {
    title: 'containerd restarts',
    needsNodes: true,
    strike: async ({ guestNode }) => void (await inNode(guestNode, 'systemctl restart containerd')),
  },
  {
    title: 'the cluster has no DNS',
    needsNodes: false,
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
    needsNodes: true,
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
];

/** Whether all our pods are as many as they should be, and ready. */
export async function allReady(system: Kubectl, timeoutMs = 180_000): Promise<void> {
  const seconds = `--timeout=${timeoutMs / 1000}s`;
  for (const workload of ['deployment/virt-api', 'deployment/virt-controller', 'daemonset/virt-handler'])
    await system.run(['rollout', 'status', workload, seconds], { timeoutMs: timeoutMs + 10_000 });
}

/** Pods of ours that live. */
export async function ourPods(system: Kubectl, selector = OURS): Promise<string[]> {
  const format = 'jsonpath={range .items[?(!@.metadata.deletionTimestamp)]}{.metadata.name}{"\\n"}{end}';
  const { stdout } = await system.try(['get', 'pods', '-l', selector, '-o', format]);
  return stdout.trim().split('\n').filter(Boolean);
}

/** As `kill -9` would: no time to end well. A pod that is gone by then is no fault. */
export async function kill(system: Kubectl, pod: string): Promise<void> {
  await system.try(['delete', 'pod', pod, '--grace-period=0', '--force', '--ignore-not-found', '--wait=false']);
}

function inNode(node: string, script: string): Promise<string> {
  return runEngine(['exec', node, 'sh', '-ec', script]);
}

/** Until the API server has been down and is back; kubectl says at once when nothing listens. */
async function apiServerAnswers(system: Kubectl): Promise<void> {
  await eventually(() => system.run(['get', '--raw', '/readyz'], { timeoutMs: 5_000 }), {
    timeoutMs: 120_000,
    intervalMs: 500,
  });
}
