import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { pods, type KubeClient, type Pod } from '@quickvirt/kube';
import type { Kubectl } from '../../e2e/src/kubectl.ts';
import { bundleFile } from '../../tools/bundle.ts';
import { now, WatchRecord } from './watch-record.ts';

/** What the floor's pod repeats of a real launcher pod. */
export interface FloorTemplate {
  pod: Pod;
  /** libvirt's configuration and warm capabilities cache: a gzipped tar in base64. */
  libvirtState: string;
  /** The domain as libvirt had it. */
  domainXml: string;
  /** The program that starts the domain: gzipped, base64. */
  program: string;
}

/** Milliseconds from the moment the pod's creation was sent. */
export interface FloorTimes {
  /** The API server told that the container runs. */
  computeRunning: number;
  /** The shell in the container began. */
  containerStarted: number;
  libvirtdAnswered: number;
  domainStarted: number;
}

const RUN = '/run/launcher';

/** libvirtd and the disk's overlay are made beside each other, while Node starts. */
const SCRIPT = `
echo "{\\"containerStarted\\":$(date +%s%3N)}"
cd ${RUN} && printf %s "$FLOOR_STATE" | base64 -d | tar -xzf -
mkdir -p libvirt && /usr/sbin/libvirtd 2>/dev/null &
cd ${RUN} && qemu-img create -q -f qcow2 -b /volumes/root/disk/disk.img -F raw disks/root.qcow2 &
printf %s "$FLOOR_PROGRAM" | base64 -d | gzip -d >/tmp/floor.mjs
exec node /tmp/floor.mjs
`;

/**
 * Takes the template from a running VM's pod, so that both start the same image, volumes and domain on the same node.
 * @param kubectl of the VM's namespace.
 */
export async function floorTemplate(
  client: KubeClient,
  kubectl: Kubectl,
  podName: string,
  domainName: string,
): Promise<FloorTemplate> {
  const inPod = (command: string): Promise<string> =>
    kubectl.run(['exec', podName, '-c', 'compute', '--', 'sh', '-c', `cd ${RUN} && ${command}`]);
  const files = 'config/libvirt/libvirtd.conf config/libvirt/qemu.conf cache/libvirt/qemu/cache';
  const bundle = await bundleFile(
    fileURLToPath(new URL('floor-program.ts', import.meta.url)),
    fileURLToPath(new URL('../../out/bench/floor-program.mjs', import.meta.url)),
  );
  return {
    pod: await client.get(pods, { namespace: kubectl.namespace, name: podName }),
    libvirtState: (await inPod(`tar -czf - ${files} | base64 -w0`)).trim(),
    domainXml: await inPod(`cat config/libvirt/qemu/${domainName}.xml`),
    program: gzipSync(readFileSync(bundle)).toString('base64'),
  };
}

/** One run: the launcher's pod without our launcher and without the containers that come before it. */
export async function runFloor(client: KubeClient, kubectl: Kubectl, template: FloorTemplate): Promise<FloorTimes> {
  const pod = floorPod(template);
  const { name, namespace = '' } = pod.metadata as { name: string; namespace?: string };
  const record = await WatchRecord.start(client, namespace, [pods]);
  try {
    const sent = now();
    await client.create(pods, pod);
    const ofFloor = (matches: (status: NonNullable<(typeof record.sightings)[0]['object']['status']>) => boolean) =>
      record.first(`the floor's pod ${name}`, (s) => s.object.metadata.name === name && matches(s.object.status ?? {}));
    const running = await ofFloor(
      (status) => status.containerStatuses?.[0]?.state?.waiting === undefined && status.containerStatuses !== undefined,
    );
    const ended = await ofFloor(({ phase }) => phase === 'Succeeded' || phase === 'Failed');
    const log = await kubectl.run(['logs', name]);
    if (ended.object.status?.phase !== 'Succeeded') throw new Error(`the floor's pod failed: ${log}`);
    const marks = Object.assign(
      {},
      ...log
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as object),
    ) as FloorTimes;
    return {
      computeRunning: running.at - sent,
      containerStarted: marks.containerStarted - sent,
      libvirtdAnswered: marks.libvirtdAnswered - sent,
      domainStarted: marks.domainStarted - sent,
    };
  } finally {
    record.stop();
    await client.delete(pods, { namespace, name }, { gracePeriodSeconds: 0 });
  }
}

function floorPod({ pod, libvirtState, domainXml, program }: FloorTemplate): Pod {
  const { containers = [], volumes = [], ...spec } = pod.spec ?? {};
  const compute = containers.find(({ name }) => name === 'compute');
  if (!compute) throw new Error(`pod ${pod.metadata.name} has no container "compute" to repeat`);
  const mounted = new Set(compute.volumeMounts?.map(({ name }) => name));
  const variables = {
    FLOOR_STATE: libvirtState,
    FLOOR_DOMAIN_XML: domainXml,
    FLOOR_PROGRAM: program,
    HOME: RUN,
    XDG_RUNTIME_DIR: RUN,
    XDG_CONFIG_HOME: `${RUN}/config`,
    XDG_CACHE_HOME: `${RUN}/cache`,
    MALLOC_ARENA_MAX: '1',
  };
  return {
    metadata: { name: `floor-${Math.round(now()).toString(36)}`, namespace: pod.metadata.namespace },
    spec: {
      ...spec,
      nodeName: undefined,
      initContainers: [],
      volumes: volumes.filter(({ name }) => mounted.has(name)),
      containers: [
        {
          ...compute,
          command: ['sh', '-c', SCRIPT],
          args: [],
          env: Object.entries(variables).map(([name, value]) => ({ name, value })),
        },
      ],
    },
  };
}
