import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import {
  virtualMachineInstances,
  virtualMachines,
  type DeviceStatus,
  type HostDevice,
  type VirtualMachine,
} from '@quickvirt/api';
import { events, findCondition, nodes, pods, statusApply, type KubeClient, type Pod } from '@quickvirt/kube';
import { DEVICE_NAME_ANNOTATION } from '@quickvirt/launcher-pod';
import { eventually, settle as settleWithin } from '@quickvirt/testing';
import { startInstallation, type Installation } from '../../testing/installation.ts';
import { here, SimulatedNode } from '../../testing/simulated-node.ts';

const CY = 'qat.intel.com/cy';
/** A machine under load is slow; what waits, waits for a condition. */
const PATIENCE_MS = 30_000;
jest.setTimeout(3 * PATIENCE_MS);
const settle = (assert: () => void | Promise<void>) => settleWithin(assert, { timeoutMs: PATIENCE_MS });

let installation: Installation;
let admin: KubeClient;
let node: SimulatedNode;
let leader: { stop: () => Promise<void> };

beforeAll(async () => {
  installation = await startInstallation();
  ({ admin } = installation);
  node = new SimulatedNode(admin);
  await admin.create(nodes, { metadata: { name: 'node1' } });
  const conditions = [{ type: 'Ready', status: 'True' }];
  await admin.patch(nodes, { name: 'node1' }, { status: { conditions } }, { kind: 'strategic', subresource: 'status' });
  leader = await installation.startController('one');
}, 1_800_000);

afterAll(async () => {
  await leader?.stop();
  await installation?.stop();
});

const device = (name: string): HostDevice => ({ name, deviceName: CY });

function aVm(name: string, devices: HostDevice[]): VirtualMachine {
  return {
    apiVersion: 'kubevirt.io/v1',
    kind: 'VirtualMachine',
    metadata: { name, namespace: 'default' },
    spec: {
      runStrategy: 'Always',
      template: {
        spec: {
          domain: { memory: { guest: '128Mi' }, devices: { autoattachPodInterface: false, hostDevices: devices } },
          volumes: [{ name: 'root', containerDisk: { image: 'registry.test/disk:1' } }],
        },
      },
    },
  };
}

async function podWith(selector: string, name: string): Promise<Pod> {
  const { items } = await admin.list(pods, { namespace: 'default', labelSelector: `kubevirt.io=${selector}` });
  const pod = items.find(({ metadata }) => metadata.ownerReferences?.some((owner) => owner.name.includes(name)));
  if (!pod) throw new Error(`no pod ${selector} of ${name}`);
  return pod;
}

/** What virt-handler says of a guest's devices. */
async function handlerSays(name: string, deviceStatus: DeviceStatus[]): Promise<void> {
  const vmi = await admin.get(virtualMachineInstances, here(name));
  const body = statusApply(virtualMachineInstances, vmi, { deviceStatus });
  await admin.patch(virtualMachineInstances, here(name), body, {
    kind: 'apply',
    subresource: 'status',
    fieldManager: 'virt-handler-devices',
    force: true,
  });
}

const setDevices = (name: string, ...names: string[]) =>
  admin.patch(
    virtualMachines,
    here(name),
    { spec: { template: { spec: { domain: { devices: { hostDevices: names.map(device) } } } } } },
    { kind: 'merge' },
  );

const statusOf = async (name: string) => (await admin.get(virtualMachineInstances, here(name))).status?.deviceStatus;

test('a device that is added to a running VM gets a pod that holds it, until the guest has let go of it', async () => {
  await admin.create(virtualMachines, aVm('plugs', [device('qat0')]));
  const launcher = await eventually(() => podWith('virt-launcher', 'plugs'));
  await node.bind(launcher);
  await node.run(launcher);
  await settle(async () =>
    expect((await admin.get(virtualMachineInstances, here('plugs'))).status?.phase).toBe('Scheduled'),
  );
  await node.guestRuns('plugs');
  await handlerSays('plugs', [{ name: 'qat0', deviceName: CY, pciAddress: '0000:3d:01.0' }]);

  await setDevices('plugs', 'qat0', 'qat1');
  const holder = await eventually(() => podWith('hotplug-device', launcher.metadata.name ?? ''));
  expect(holder.metadata.annotations?.[DEVICE_NAME_ANNOTATION]).toBe('qat1');
  expect(holder.spec?.containers[0]?.resources?.limits).toMatchObject({ [CY]: '1' });
  await settle(async () =>
    expect(await statusOf('plugs')).toEqual([
      { name: 'qat0', deviceName: CY, pciAddress: '0000:3d:01.0' },
      { name: 'qat1', hotplug: { attachPodName: holder.metadata.name } },
    ]),
  );
  const vm = await admin.get(virtualMachines, here('plugs'));
  expect(findCondition(vm.status?.conditions, 'RestartRequired')).toBeUndefined();

  await node.bind(holder);
  await node.run(holder);
  const hotplug = { attachPodName: holder.metadata.name, attachPodUID: holder.metadata.uid };
  await settle(async () => expect((await statusOf('plugs'))?.[1]).toEqual({ name: 'qat1', hotplug }));
  await handlerSays('plugs', [
    { name: 'qat0', deviceName: CY, pciAddress: '0000:3d:01.0' },
    { name: 'qat1', deviceName: CY, pciAddress: '0000:da:01.0' },
  ]);

  await setDevices('plugs', 'qat0');
  await settle(async () => {
    const vmi = await admin.get(virtualMachineInstances, here('plugs'));
    expect(vmi.spec.domain.devices.hostDevices).toEqual([device('qat0')]);
  });
  // The guest has it still.
  expect((await statusOf('plugs'))?.[1]).toMatchObject({ name: 'qat1', hotplug });
  expect((await podWith('hotplug-device', launcher.metadata.name ?? '')).metadata.uid).toBe(holder.metadata.uid);
  await handlerSays('plugs', [{ name: 'qat0', deviceName: CY, pciAddress: '0000:3d:01.0' }]);
  await settle(async () => {
    await expect(podWith('hotplug-device', launcher.metadata.name ?? '')).rejects.toThrow('no pod');
    expect((await statusOf('plugs'))?.map(({ name }) => name)).toEqual(['qat0']);
  });
  await settle(async () => {
    const { items } = await admin.list(events, { namespace: 'default' });
    const messages = items
      .filter(({ involvedObject }) => involvedObject.name === 'plugs')
      .map(({ message }) => message);
    expect(messages).toContain(`Created attachment pod ${holder.metadata.name} for device qat1`);
    expect(messages).toContain(`Deleted attachment pod ${holder.metadata.name}`);
  });
});

test('a pod that finds no device is told of while the guest runs on; it goes with the guest', async () => {
  await admin.create(virtualMachines, aVm('short', []));
  const launcher = await eventually(() => podWith('virt-launcher', 'short'));
  await node.bind(launcher);
  await node.run(launcher);
  await settle(async () =>
    expect((await admin.get(virtualMachineInstances, here('short'))).status?.phase).toBe('Scheduled'),
  );
  await node.guestRuns('short');
  await setDevices('short', 'qat0');
  const holder = await eventually(() => podWith('hotplug-device', launcher.metadata.name ?? ''));
  const message = '0/1 nodes are available: 1 Insufficient qat.intel.com/cy.';
  const condition = { type: 'PodScheduled', status: 'False', reason: 'Unschedulable', message };
  await admin.patch(
    pods,
    here(holder.metadata.name ?? ''),
    { status: { conditions: [condition] } },
    { kind: 'strategic', subresource: 'status' },
  );
  await settle(async () =>
    expect(await statusOf('short')).toEqual([
      {
        name: 'qat0',
        hotplug: { attachPodName: holder.metadata.name, message: expect.stringContaining('Insufficient') },
      },
    ]),
  );
  expect((await admin.get(virtualMachineInstances, here('short'))).status?.phase).toBe('Running');
  await admin.patch(virtualMachines, here('short'), { spec: { runStrategy: 'Halted' } }, { kind: 'merge' });
  await node.end(launcher, 'Succeeded', {});
  await settle(() => expect(podWith('hotplug-device', launcher.metadata.name ?? '')).rejects.toThrow('no pod'));
});
