import { annotations, virtualMachineInstances, virtualMachines, type VirtualMachine } from '@quickvirt/api';
import { events, pods, type KubeClient } from '@quickvirt/kube';
import { ConsoleSession } from '../../e2e/src/console-session.ts';
import type { Kubectl } from '../../e2e/src/kubectl.ts';
import { countWrites, type WriteCounts } from './api-writes.ts';
import { now, WatchRecord, type Sighting, type WatchedObject } from './watch-record.ts';

/** Moments of one VM's start, in milliseconds from the moment its creation was sent, in the order they come. */
export type StartTimes = Record<string, number>;

/** Milliseconds from the moment the VMI was told to be deleting (of the VM: from the moment its deletion was sent). */
export interface EndTimes {
  vmiGone: number;
  podGone: number;
  vmGone: number;
}

/** A VM that runs, and what is known of its start. */
export interface StartedVm {
  name: string;
  podName: string;
  podUid: string;
  nodeName: string;
  times: StartTimes;
  writes: WriteCounts;
}

export const GUEST_RAM_KIB = 128 * 1024;

/** A lean VM has no log of its console and does not ask what digest its disk's image has: no container before `compute`. */
export interface VmOptions {
  lean?: boolean;
  /** Limit of the VM's CPU; such a VM is not followed to its login prompt. */
  cpuLimit?: string;
}

const vmOf = (
  { namespace, guestImage }: Place,
  name: string,
  { lean = false, cpuLimit }: VmOptions,
): VirtualMachine => ({
  metadata: { name, namespace },
  spec: {
    runStrategy: 'Always',
    template: {
      metadata: { annotations: lean ? { [annotations.imageVolumeSkipDigestResolution]: 'true' } : {} },
      spec: {
        terminationGracePeriodSeconds: 0,
        domain: {
          cpu: { cores: 1 },
          resources: cpuLimit === undefined ? {} : { limits: { cpu: cpuLimit } },
          memory: { guest: `${GUEST_RAM_KIB}Ki` },
          devices: {
            autoattachPodInterface: false,
            logSerialConsole: !lean,
            disks: [{ name: 'root', disk: { bus: 'virtio' } }],
          },
        },
        volumes: [{ name: 'root', containerDisk: { image: guestImage } }],
      },
    },
  },
});

/** Where the rounds take place. */
export interface Place {
  client: KubeClient;
  /** Of the benchmark's namespace. */
  kubectl: Kubectl;
  kubeconfig: string;
  namespace: string;
  guestImage: string;
}

/** Starts a VM and follows it to the login prompt on its serial console. */
export async function startVm(place: Place, name: string, options: VmOptions = {}): Promise<StartedVm> {
  const { client, namespace, kubectl } = place;
  const types = [virtualMachines, virtualMachineInstances, pods, events];
  const record = await WatchRecord.start(client, namespace, types);
  try {
    const sent = now();
    await client.create(virtualMachines, vmOf(place, name, options));
    const times: StartTimes = { 'VM created (answer)': now() - sent };
    const see = async (
      moment: string,
      plural: string,
      matches: (object: WatchedObject) => boolean,
    ): Promise<Sighting> => {
      const isIt = (s: Sighting): boolean => s.plural === plural && isOf(s.object, name) && matches(s.object);
      const sighting = await record.first(`${moment} of ${name}`, isIt);
      times[moment] = sighting.at - sent;
      return sighting;
    };
    await see('pod created', 'pods', () => true);
    await see('pod bound', 'pods', ({ spec }) => spec?.nodeName !== undefined);
    const init = (order: number) => (object: WatchedObject) => {
      const status = object.status?.initContainerStatuses;
      return status !== undefined && (status.length <= order || status[order]?.state?.waiting === undefined);
    };
    if (!options.lean) {
      await see('sandbox ready, guest-console-log runs', 'pods', init(0));
      await see('volume<name> runs or ended', 'pods', init(1));
    }
    const { object: pod } = await see(
      'compute runs',
      'pods',
      ({ status }) => status?.containerStatuses?.find((c) => c.name === 'compute')?.state?.running !== undefined,
    );
    await see('VMI Scheduled', 'virtualmachineinstances', ({ status }) => status?.phase === 'Scheduled');
    await see('VMI Running', 'virtualmachineinstances', ({ status }) => status?.phase === 'Running');
    if (options.cpuLimit === undefined) {
      await untilLogin(place, name);
      times['login prompt'] = now() - sent;
    }
    const writes = countWrites(
      record.sightings.filter(({ object, plural }) => plural === 'events' || isOf(object, name)),
    );
    const { name: podName = '', uid: podUid = '' } = pod.metadata;
    Object.assign(times, await launcherMoments(kubectl, podName, sent));
    return { name, podName, podUid, nodeName: pod.spec?.nodeName ?? '', times: inOrder(times), writes };
  } finally {
    record.stop();
  }
}

async function untilLogin({ kubeconfig, namespace }: Place, name: string): Promise<void> {
  const session = await ConsoleSession.open(kubeconfig, namespace, name, 10_000);
  try {
    await session.run([{ expect: 'login: ', timeoutMs: 60_000 }]);
  } finally {
    session.close();
  }
}

/** The VM, its VMI, or the VMI's launcher pod. */
function isOf({ metadata }: WatchedObject, name: string): boolean {
  return metadata.name === name || metadata.name?.startsWith(`virt-launcher-${name}-`) === true;
}

const inOrder = (times: StartTimes): StartTimes =>
  Object.fromEntries(Object.entries(times).sort((a, b) => a[1] - b[1]));

/** What the launcher's log says, by the clock of its node: of use where that is the clock here, as on a local cluster. */
async function launcherMoments(kubectl: Kubectl, podName: string, sent: number): Promise<StartTimes> {
  const times: StartTimes = {};
  for (const line of (await kubectl.run(['logs', podName, '-c', 'compute'])).split('\n').filter(Boolean)) {
    const { time, message, step } = JSON.parse(line) as { time: string; message: string; step?: string };
    const moment = `launcher: ${step === undefined ? message : `${step} done`}`;
    if (step !== undefined || message === 'libvirtd' || message === 'connected to libvirtd') {
      times[moment] ??= Date.parse(time) - sent;
    }
  }
  return times;
}

/** Deletes a VM that runs and follows it until VM, VMI and pod are gone. */
export async function endVm(
  { client, namespace }: Place,
  { name }: StartedVm,
): Promise<{ times: EndTimes; writes: WriteCounts }> {
  const record = await WatchRecord.start(client, namespace, [virtualMachines, virtualMachineInstances, pods, events]);
  try {
    const gone = (plural: string) =>
      record.first(
        `the end of ${plural} ${name}`,
        (s) => s.plural === plural && s.type === 'DELETED' && isOf(s.object, name),
      );
    const sent = now();
    await client.delete(virtualMachines, { namespace, name });
    const deleting = await record.first(
      `the deletion of VMI ${name}`,
      ({ plural, object }) =>
        plural === 'virtualmachineinstances' && isOf(object, name) && object.metadata.deletionTimestamp !== undefined,
    );
    const [vmi, pod, vm] = await Promise.all(['virtualmachineinstances', 'pods', 'virtualmachines'].map(gone));
    if (!vmi || !pod || !vm) throw new Error('unreachable: each was waited for');
    const times = { vmiGone: vmi.at - deleting.at, podGone: pod.at - deleting.at, vmGone: vm.at - sent };
    const writes = countWrites(
      record.sightings.filter(({ object, plural }) => plural === 'events' || isOf(object, name)),
    );
    return { times, writes };
  } finally {
    record.stop();
  }
}
