import { strict as assert } from 'node:assert';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Kubectl } from '../src/kubectl.ts';
import { HANDLER_PROCESS, inNode } from '../src/local-node.ts';
import { restart } from '../src/node-steps.ts';
import type { ChaosWorld, Fault } from './fault.ts';
import { allReady } from './our-pods.ts';

/** How long the disk stays full once virt-handler and the guest have felt it. */
const FULL_MS = 20_000;
/** The kubelet looks at its disk every 10 s; the rest is the eviction itself. */
const EVICTION_MS = 180_000;
const HANDLER_BACK_MS = 60_000;

const FOLDER = '/var/lib';
const FILE = `${FOLDER}/quickvirt-e2e-fill`;

/** Takes the last byte of a node's own disk, never of the machine's: blocks are reserved, which costs the machine none. */
const FILL = [
  `case $(findmnt --noheadings --output SOURCE ${FOLDER}) in`,
  `  /dev/loop*) ;;`,
  `  *) echo 'this node has no disk of its own' >&2; exit 1 ;;`,
  `esac`,
  `fallocate --length $(df --block-size=1 --output=size ${FOLDER} | tail -n 1) ${FILE} 2>/dev/null || true`,
  `cat /dev/zero >${FILE}.rest 2>/dev/null || true`, // what was too little for a whole extent
  `test $(df --block-size=1 --output=avail ${FOLDER} | tail -n 1) -lt 1048576`,
].join('\n');
const EMPTY = `rm -f ${FILE} ${FILE}.rest`;

const fullDisk: Fault = {
  title: "the node's disk is full: a guest that writes stands still and goes on",
  needs: 'node disks',
  strike: async ({ guestNode, steady, system }) => {
    try {
      await inNode(guestNode, FILL);
      await steady.write();
      await steady.standsStill();
      // What it keeps is on the full disk, and the container that follows has to be made there.
      await inNode(guestNode, `kill -KILL $(${HANDLER_PROCESS})`);
      await sleep(FULL_MS); // the length of the fault
    } finally {
      await inNode(guestNode, EMPTY);
    }
    await steady.statusIsRight();
    await allReady(system); // only then is there a console for certain
    await steady.hasWritten();
  },
};

const diskPressure: Fault = {
  title: "a pod fills the node's disk: the kubelet evicts that pod, and no other",
  needs: 'node disks',
  strike: async (world) => {
    const { guestNode, guests, system } = world;
    await withKubernetesThresholds(world, async () => {
      const before = await podsOf(world);
      await guests.run(['apply', '-f', '-'], { input: JSON.stringify(fillingPod(guestNode, await imageOf(system))) });
      try {
        await evicted(guests);
        assert.deepEqual(await podsOf(world), before, 'pods of ours were evicted, too');
        // For five more minutes the kubelet calls the disk full, and lets in critical pods alone.
        const where = { kubectl: guests, system: system.namespace ?? '' };
        await restart({ app: 'virt-handler', timeoutMs: HANDLER_BACK_MS }, where);
      } finally {
        await guests.run(['delete', 'pod', 'filler', '--grace-period=0', '--force']);
      }
    });
  },
};

/** In this order. */
export const DISK_FAULTS: readonly Fault[] = [fullDisk, diskPressure];

const CONFIGURATION = '/var/lib/kubelet/config.yaml';

/**
 * kind switches eviction off; this gives the node the thresholds that Kubernetes has by default on Linux, for a while.
 * Its images cannot be pulled again: they are pinned, because the kubelet removes images first.
 * Source: https://kubernetes.io/docs/concepts/scheduling-eviction/node-pressure-eviction/#hard-eviction-thresholds
 */
async function withKubernetesThresholds({ guestNode, system }: ChaosWorld, work: () => Promise<void>): Promise<void> {
  const nodeReady = () =>
    system.run(['wait', '--for=condition=Ready', `node/${guestNode}`, '--timeout=60s'], { timeoutMs: 70_000 });
  const setTo = [
    `for image in $(ctr -n k8s.io images ls -q); do`,
    `  ctr -n k8s.io images label $image io.cri-containerd.pinned=pinned >/dev/null`,
    `done`,
    `cp ${CONFIGURATION} ${CONFIGURATION}.before`,
    ...['nodefs.available/10%', 'nodefs.inodesFree/5%', 'imagefs.available/15%'].map((threshold) => {
      const [signal, value] = threshold.split('/');
      return `grep -q '^  ${signal}: ' ${CONFIGURATION}; sed -i 's/^  ${signal}: .*/  ${signal}: "${value}"/' ${CONFIGURATION}`;
    }),
    `systemctl restart kubelet`,
  ];
  await inNode(guestNode, setTo.join('\n'));
  try {
    await nodeReady();
    await work();
  } finally {
    await inNode(guestNode, `mv ${CONFIGURATION}.before ${CONFIGURATION}; systemctl restart kubelet`);
    await nodeReady();
  }
}

/** A pod that asks for nothing and takes the whole disk. */
const fillingPod = (nodeName: string, image: string): object => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'filler' },
  spec: {
    nodeName,
    restartPolicy: 'Never',
    containers: [
      {
        name: 'filler',
        image,
        imagePullPolicy: 'IfNotPresent',
        command: ['sh', '-c', 'fallocate --length 1T /room/fill; sleep 3600'],
        securityContext: { runAsUser: 0 },
        volumeMounts: [{ name: 'room', mountPath: '/room' }],
      },
    ],
    volumes: [{ name: 'room', emptyDir: {} }],
  },
});

async function evicted(guests: Kubectl): Promise<void> {
  let said = '';
  await guests.watchUntil(
    'Pod',
    { name: 'filler' },
    (pods) => {
      const status = pods.get('filler')?.['status'] as { phase?: string; reason?: string } | undefined;
      said = `${status?.phase} ${status?.reason ?? ''}`;
      return status?.reason === 'Evicted';
    },
    { timeoutMs: EVICTION_MS, describe: () => `pod filler, which fills the disk, was not evicted: ${said}` },
  );
}

/** The guest's pod and ours on its node, by uid. */
async function podsOf({ guests, system, guestNode }: ChaosWorld): Promise<string[]> {
  const format = 'jsonpath={range .items[*]}{.metadata.name} {.metadata.uid} {.status.phase}{"\\n"}{end}';
  const here = ['get', 'pods', '--field-selector', `spec.nodeName=${guestNode}`, '-o', format];
  const pods = [
    await guests.run([...here, '-l', 'kubevirt.io=virt-launcher']),
    await system.run([...here, '-l', 'kubevirt.io']),
  ];
  return pods.flatMap((text) => text.trim().split('\n')).toSorted();
}

/** An image that the node has. */
function imageOf(system: Kubectl): Promise<string> {
  const image = 'jsonpath={.spec.template.spec.containers[0].image}';
  return system.run(['get', 'daemonset', 'virt-handler', '-o', image]);
}
