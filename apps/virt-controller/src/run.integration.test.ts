import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import {
  finalizers,
  kubevirts,
  virtualMachineInstances,
  virtualMachines,
  type KubeVirt,
  type VirtualMachine,
} from '@quickvirt/api';
import {
  events,
  findCondition,
  isNotFound,
  leases,
  namespaces,
  nodes,
  pods,
  resourceQuotas,
  type KubeClient,
  type KubeObject,
  type Pod,
  type ResourceType,
} from '@quickvirt/kube';
import { encodeExitRecord } from '@quickvirt/launcher-pod';
import { eventually as eventuallyWithin, settle as settleWithin } from '@quickvirt/testing';
import { NAMESPACE, SERVICE_ACCOUNT, startInstallation, type Installation } from './testing/installation.ts';
import { container, here, scheduled, SimulatedNode } from './testing/simulated-node.ts';

/** A machine under load is slow; what waits, waits for a condition. */
const patience = { timeoutMs: 30_000 };
const settle = (assert: () => void | Promise<void>) => settleWithin(assert, patience);
const eventually = <Found>(look: () => Found | Promise<Found>) => eventuallyWithin(look, patience);

let installation: Installation;
let admin: KubeClient;
let node: SimulatedNode;
let leader: { stop: () => Promise<void> };

beforeAll(async () => {
  installation = await startInstallation();
  ({ admin } = installation);
  node = new SimulatedNode(admin);
  await node.register();
  leader = await installation.startController('one');
}, 1_800_000);

afterAll(async () => {
  await leader?.stop();
  await installation?.stop();
});

function aVm(name: string, change: Partial<VirtualMachine['spec']> = {}): VirtualMachine {
  return {
    apiVersion: 'kubevirt.io/v1',
    kind: 'VirtualMachine',
    metadata: { name, namespace: 'default' },
    spec: {
      runStrategy: 'Always',
      template: {
        spec: {
          terminationGracePeriodSeconds: 5,
          domain: {
            memory: { guest: '128Mi' },
            devices: { autoattachPodInterface: false, disks: [{ name: 'root', disk: { bus: 'virtio' } }] },
          },
          volumes: [{ name: 'root', containerDisk: { image: 'registry.test/disk:1' } }],
        },
      },
      ...change,
    },
  };
}

const vmOf = (name: string) => admin.get(virtualMachines, here(name));
const vmiOf = (name: string) => admin.get(virtualMachineInstances, here(name));

async function podOf(vmName: string): Promise<Pod> {
  const found = await admin.list(pods, { namespace: 'default', labelSelector: 'kubevirt.io=virt-launcher' });
  const pod = found.items.find(({ metadata }) => metadata.name?.startsWith(`virt-launcher-${vmName}-`));
  if (!pod) throw new Error(`no launcher pod of ${vmName}`);
  return pod;
}

async function isGone(type: ResourceType<KubeObject>, name: string): Promise<boolean> {
  try {
    await admin.get(type, here(name));
    return false;
  } catch (error) {
    if (isNotFound(error)) return true;
    throw error;
  }
}

async function toRunning(name: string, nodeName = 'node1'): Promise<Pod> {
  const pod = await eventually(() => podOf(name));
  await node.bind(pod, nodeName);
  await node.run(pod);
  await settle(async () => expect((await vmiOf(name)).status?.phase).toBe('Scheduled'));
  await node.guestRuns(name);
  await settle(async () => expect((await vmOf(name)).status?.ready).toBe(true));
  return pod;
}

describe('a VM', () => {
  test('becomes an instance, a pod, and runs where the pod runs', async () => {
    await admin.create(virtualMachines, aVm('boots'));
    const pod = await eventually(() => podOf('boots'));
    expect(pod.metadata.ownerReferences?.[0]).toMatchObject({
      kind: 'VirtualMachineInstance',
      name: 'boots',
      controller: true,
    });
    await settle(async () =>
      expect((await vmOf('boots')).status).toMatchObject({ printableStatus: 'Starting', created: true }),
    );
    await node.bind(pod);
    await node.run(pod);
    await settle(async () => {
      const vmi = await vmiOf('boots');
      expect(vmi.status).toMatchObject({
        phase: 'Scheduled',
        nodeName: 'node1',
        activePods: { [pod.metadata.uid ?? '']: 'node1' },
      });
      expect(vmi.metadata.labels?.['kubevirt.io/nodeName']).toBe('node1');
      expect((await podOf('boots')).metadata.labels?.['kubevirt.io/nodeName']).toBe('node1');
    });
    await node.guestRuns('boots');
    await settle(async () => {
      const { status } = await vmOf('boots');
      expect(status).toMatchObject({ printableStatus: 'Running', ready: true, created: true, runStrategy: 'Always' });
    });
    const phases = (await vmiOf('boots')).status?.phaseTransitionTimestamps?.map(({ phase }) => phase);
    expect(phases?.toSorted()).toEqual(['Pending', 'Running', 'Scheduled', 'Scheduling']);
    // Events are written beside the work that they tell of, and may come after it.
    await settle(async () => {
      const told = await admin.list(events, { namespace: 'default', fieldSelector: 'involvedObject.name=boots' });
      expect(told.items.map(({ reason }) => reason)).toEqual(['SuccessfulCreate', 'SuccessfulCreate']);
    });
  }, 60_000);

  test('that is deleted takes its instance and pod with it', async () => {
    await admin.create(virtualMachines, aVm('deleted'));
    const pod = await toRunning('deleted');
    await admin.delete(virtualMachines, here('deleted'));
    await settle(async () => {
      const { metadata } = await podOf('deleted');
      expect(metadata.deletionGracePeriodSeconds).toBe(20);
      expect((await vmOf('deleted')).status?.printableStatus).toBe('Terminating');
    });
    await node.end(pod, 'Succeeded', { exitCode: 0 });
    await node.reap(pod);
    await settle(async () => {
      expect(await isGone(virtualMachineInstances, 'deleted')).toBe(true);
      expect(await isGone(virtualMachines, 'deleted')).toBe(true);
    });
  }, 60_000);

  test('that is deleted before its pod is placed leaves nothing', async () => {
    await admin.create(virtualMachines, aVm('early'));
    await eventually(() => podOf('early'));
    await admin.delete(virtualMachines, here('early'));
    await settle(async () => {
      expect(await isGone(virtualMachines, 'early')).toBe(true);
      await expect(podOf('early')).rejects.toThrow('no launcher pod');
    });
  }, 60_000);

  test('starts anew after its guest ended, and RerunOnFailure stays down after a success', async () => {
    await admin.create(virtualMachines, aVm('once-more'));
    await admin.create(virtualMachines, aVm('enough', { runStrategy: 'RerunOnFailure' }));
    const [first, last] = [await toRunning('once-more'), await toRunning('enough')];
    const message = encodeExitRecord({
      version: 1,
      phase: 'Succeeded',
      reason: 'GuestShutdown',
      message: 'off',
      lastLogLines: [],
    });
    await node.end(first, 'Succeeded', { message });
    await node.end(last, 'Succeeded', { message });
    // A kubelet is told to delete them, and does.
    await eventually(
      async () =>
        (await podOf('once-more')).metadata.deletionTimestamp ??
        (await podOf('once-more')).metadata.uid !== first.metadata.uid,
    );
    await settle(async () => {
      expect((await podOf('once-more')).metadata.uid).not.toBe(first.metadata.uid);
      expect((await vmOf('enough')).status?.printableStatus).toBe('Stopped');
      expect(await isGone(virtualMachineInstances, 'enough')).toBe(true);
    });
  }, 60_000);

  test('that cannot be served says which field, and gets no pod', async () => {
    const vm = aVm('fancy');
    const spec = vm.spec.template.spec;
    if (spec) spec.domain.devices = { ...spec.domain.devices, clientPassthrough: {} };
    await admin.create(virtualMachines, vm);
    await settle(async () => {
      const synchronized = findCondition((await vmiOf('fancy')).status?.conditions, 'Synchronized');
      expect(synchronized).toMatchObject({ status: 'False', reason: 'FeatureNotAvailable' });
      expect(synchronized?.message).toContain('spec.domain.devices.clientPassthrough');
    });
    await expect(podOf('fancy')).rejects.toThrow('no launcher pod');
  }, 60_000);

  test('gets a pod in a namespace whose quota counts limits, with limits on every container', async () => {
    const bounded = { name: 'limits', namespace: 'bounded' };
    await admin.create(namespaces, { metadata: { name: 'bounded' } });
    const hard = { 'limits.cpu': '8', 'limits.memory': '8Gi' };
    const quota = await admin.create(resourceQuotas, { metadata: bounded, spec: { hard } });
    // The controller manager would do so; the API server refuses by what the status says.
    await admin.patch(
      resourceQuotas,
      bounded,
      { status: { hard, used: { 'limits.cpu': '0', 'limits.memory': '0' } } },
      {
        kind: 'merge',
        subresource: 'status',
      },
    );
    const unlimited: Pod = {
      metadata: { name: 'unlimited', namespace: 'bounded' },
      spec: { containers: [{ name: 'a', image: 'registry.test/a:1' }] },
    };
    await eventually(async () => {
      await expect(admin.create(pods, unlimited)).rejects.toThrow(/limits\.cpu/);
      return true;
    });
    expect(quota.spec?.hard).toEqual(hard);
    await admin.create(virtualMachines, { ...aVm('bounded'), metadata: { name: 'bounded', namespace: 'bounded' } });
    const pod = await eventually(async () => (await admin.list(pods, { namespace: 'bounded' })).items[0]);
    const containers = [...(pod?.spec?.containers ?? []), ...(pod?.spec?.initContainers ?? [])];
    expect(containers.map(({ name, resources }) => [name, Object.keys(resources?.limits ?? {}).sort()])).toEqual([
      ['compute', expect.arrayContaining(['cpu', 'memory'])],
      ['guest-console-log', ['cpu', 'memory']],
    ]);
  });

  test('costs four writes on its instance, two on the VM and one on the pod', async () => {
    // As virt-api's webhook leaves it.
    const { metadata, ...vm } = aVm('counted');
    await admin.create(virtualMachines, { ...vm, metadata: { ...metadata, finalizers: [finalizers.virtualMachine] } });
    await toRunning('counted');
    const written = readFileSync(installation.auditLog, 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as AuditEvent);
    const ours = written.filter(
      ({ user, objectRef }) => user.username === SERVICE_ACCOUNT && isAbout(objectRef, 'counted'),
    );
    const count = (resource: string) =>
      ours.filter(({ objectRef, verb }) => objectRef.resource === resource && verb !== 'create').length;
    // virt-handler writes once: Running and Ready.
    expect({ vmis: count('virtualmachineinstances'), vms: count('virtualmachines'), pods: count('pods') }).toEqual({
      vmis: 3,
      vms: 2,
      pods: 1,
    });
    expect(ours.filter(({ responseStatus }) => responseStatus.code >= 400)).toEqual([]);
  }, 60_000);
});

interface AuditEvent {
  user: { username: string };
  verb: string;
  objectRef: { resource: string; name?: string };
  responseStatus: { code: number };
}

const isAbout = ({ name }: AuditEvent['objectRef'], vm: string) =>
  name === vm || name?.startsWith(`virt-launcher-${vm}-`) === true;

describe('a guest of a node that is lost', () => {
  test('is held while nobody knows, and started anew once its node is proved off', async () => {
    await node.register('lost');
    await admin.create(virtualMachines, aVm('held'));
    const pod = await toRunning('held', 'lost');
    const first = await vmiOf('held');
    await node.ready('lost', 'Unknown');
    await settle(async () => {
      expect(findCondition((await vmiOf('held')).status?.conditions, 'Ready')?.reason).toBe('NodeUnresponsive');
      expect((await admin.get(virtualMachines, here('held'))).status?.printableStatus).toBe('Unknown');
    });
    await node.reap(pod);
    // Its own pod is seen to go before a later machine gets one.
    await admin.create(virtualMachines, aVm('later'));
    await eventually(() => podOf('later'));
    expect((await vmiOf('held')).metadata.uid).toBe(first.metadata.uid);
    await admin.delete(nodes, { name: 'lost' });
    await settle(async () => {
      expect((await vmiOf('held')).metadata.uid).not.toBe(first.metadata.uid);
      const { status } = await admin.get(virtualMachines, here('held'));
      expect(status?.lastFailure).toMatchObject({
        reason: 'NodeOff',
        nodeName: 'lost',
        instanceUID: first.metadata.uid,
      });
    });
  }, 60_000);

  test('loses a pod that nobody is there to end', async () => {
    await node.register('dies');
    await admin.create(virtualMachines, aVm('taken', { runStrategy: 'Once' }));
    await toRunning('taken', 'dies');
    await admin.delete(nodes, { name: 'dies' });
    await settle(async () => {
      expect((await vmiOf('taken')).status).toMatchObject({ phase: 'Failed', reason: 'NodeOff' });
      await expect(podOf('taken')).rejects.toThrow();
    });
  }, 60_000);
});

describe('a guest that ends badly', () => {
  test.each<[string, object, string]>([
    [
      'QEMU was killed',
      {
        exitCode: 3,
        message: encodeExitRecord({
          version: 1,
          phase: 'Failed',
          reason: 'QemuKilled',
          message: 'signal 9',
          lastLogLines: [],
        }),
      },
      'QemuKilled',
    ],
    ['the launcher was killed', { exitCode: 137 }, 'LauncherKilled'],
    ['the kernel killed it for its memory', { exitCode: 137, reason: 'OOMKilled' }, 'OOMKilled'],
  ])(
    '%s',
    async (_what, terminated, reason) => {
      const name = `ends-${reason.toLowerCase()}`;
      await admin.create(virtualMachines, aVm(name, { runStrategy: 'Once' }));
      const pod = await toRunning(name);
      await node.end(pod, 'Failed', terminated);
      await settle(async () => {
        const { status } = await vmiOf(name);
        expect(status).toMatchObject({ phase: 'Failed', reason });
        expect(findCondition(status?.conditions, 'Ready')).toMatchObject({
          status: 'False',
          reason: 'GuestNotRunning',
        });
      });
    },
    60_000,
  );

  test('its pod was taken by force: it is held until its node says that nothing of it is left', async () => {
    await admin.create(virtualMachines, aVm('vanished', { runStrategy: 'Once' }));
    await node.reap(await toRunning('vanished'));
    await settle(async () => {
      const { status } = await vmiOf('vanished');
      expect(findCondition(status?.conditions, 'Ready')).toMatchObject({ status: 'False', reason: 'PodNotExists' });
      expect(status?.phase).toBe('Running');
    });
    await node.launcherGone('vanished');
    await settle(async () =>
      expect((await vmOf('vanished')).status).toMatchObject({
        printableStatus: 'Stopped',
        lastFailure: { reason: 'PodDeleted', nodeName: 'node1' },
      }),
    );
  }, 60_000);
});

describe('a pod that does not start', () => {
  test('no such image', async () => {
    await admin.create(virtualMachines, aVm('no-image'));
    const pod = await eventually(() => podOf('no-image'));
    await node.bind(pod);
    const waiting = { reason: 'ImagePullBackOff', message: 'Back-off pulling image "registry.test/disk:1"' };
    await node.podStatus(pod, { conditions: [scheduled], containerStatuses: [container({ waiting })] });
    await settle(async () => expect((await vmOf('no-image')).status?.printableStatus).toBe('ImagePullBackOff'));
    await node.run(pod);
    await settle(async () =>
      expect(findCondition((await vmiOf('no-image')).status?.conditions, 'Synchronized')).toBeUndefined(),
    );
  }, 60_000);

  test('no node with KVM', async () => {
    await admin.create(virtualMachines, aVm('no-kvm'));
    const pod = await eventually(() => podOf('no-kvm'));
    const message = '0/3 nodes are available: 3 Insufficient devices.kubevirt.io/kvm.';
    await node.podStatus(pod, { conditions: [{ ...scheduled, status: 'False', reason: 'Unschedulable', message }] });
    await settle(async () => {
      const { status } = await vmOf('no-kvm');
      expect(status?.printableStatus).toBe('ErrorUnschedulable');
      expect(findCondition(status?.conditions, 'PodScheduled')?.message).toContain('useEmulation');
    });
  }, 60_000);

  test("a Secret that is missing, by the kubelet's event", async () => {
    await admin.create(virtualMachines, aVm('no-secret'));
    const pod = await eventually(() => podOf('no-secret'));
    await node.bind(pod);
    const { name, namespace, uid } = pod.metadata;
    await admin.create(events, {
      metadata: { name: 'no-secret.1', namespace: 'default' },
      involvedObject: { apiVersion: 'v1', kind: 'Pod', name, namespace, uid },
      reason: 'FailedMount',
      type: 'Warning',
      message: 'MountVolume.SetUp failed for volume "seed" : secret "seed" not found',
    });
    await settle(async () => {
      const synchronized = findCondition((await vmOf('no-secret')).status?.conditions, 'Synchronized');
      expect(synchronized).toMatchObject({ status: 'False', reason: 'FailedMount' });
      expect(synchronized?.message).toContain('secret "seed" not found');
    });
  }, 60_000);
});

test('the KubeVirt object tells what is missing', async () => {
  const { status } = await eventually(async () => {
    const kubevirt: KubeVirt = await admin.get(kubevirts, { name: 'kubevirt', namespace: NAMESPACE });
    return kubevirt.status?.phase ? kubevirt : undefined;
  });
  expect(status?.phase).toBe('Deploying');
  expect(findCondition(status?.conditions, 'Created')?.message).toContain('DaemonSet virt-handler');
}, 60_000);

test('a second replica takes over when the leader stops, and work goes on', async () => {
  const lease = { name: 'virt-controller', namespace: NAMESPACE };
  const holder = async () => (await admin.get(leases, lease)).spec?.holderIdentity ?? '';
  expect(await holder()).toMatch(/^one_/);
  const second = await installation.startController('two');
  await leader.stop();
  leader = second;
  await admin.create(virtualMachines, aVm('after-hand-over'));
  await eventually(() => podOf('after-hand-over'));
  expect(await holder()).toMatch(/^two_/);
}, 60_000);

test('many VMs, made and deleted while leaders change, leave nothing behind', async () => {
  const names = Array.from({ length: 50 }, (_, index) => `many-${index}`);
  const launcherPods = async () => {
    const { items } = await admin.list(pods, { namespace: 'default', labelSelector: 'kubevirt.io=virt-launcher' });
    return items.filter(({ metadata }) => metadata.name?.startsWith('virt-launcher-many-'));
  };
  const next = async (podName: string) => {
    const successor = await installation.startController(podName);
    await leader.stop();
    leader = successor;
  };
  await Promise.all([...names.map((name) => admin.create(virtualMachines, aVm(name))), next('three')]);
  await settle(async () => expect(await launcherPods()).toHaveLength(50));
  await Promise.all([...names.map((name) => admin.delete(virtualMachines, here(name))), next('four')]);
  await settle(async () => {
    expect(await launcherPods()).toEqual([]);
    const { items } = await admin.list(virtualMachineInstances, { namespace: 'default' });
    expect(items.filter(({ metadata }) => metadata.name?.startsWith('many-'))).toEqual([]);
    const vms = await admin.list(virtualMachines, { namespace: 'default' });
    expect(vms.items.filter(({ metadata }) => metadata.name?.startsWith('many-'))).toEqual([]);
  });
}, 120_000);
