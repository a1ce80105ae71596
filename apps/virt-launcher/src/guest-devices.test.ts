import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { VirtualMachineInstance } from '@quickvirt/api';
import { DeviceNotReleased, DeviceRemovals } from './device-removals.ts';
import { functionsInDomain, isHostDevice } from './domain-devices.ts';
import { readGuestPciDevices } from './guest-pci-devices.ts';
import { hostDeviceFacts, numaCells } from './host-device-facts.ts';
import { withSpareRootPorts } from './spare-root-ports.ts';

const domainXml = `<domain><devices>
    <hostdev mode='subsystem' type='pci' managed='no'>
      <driver name='vfio'/>
      <source>
        <address domain='0x0001' bus='0x3d' slot='0x02' function='0x2'/>
      </source>
      <alias name='ua-hostdevice-qat0'/>
      <rom bar='off'/>
      <address type='pci' domain='0x0000' bus='0x05' slot='0x00' function='0x0'/>
    </hostdev>
    <hostdev mode='subsystem' type='pci' managed='no'>
      <source><address domain='0x0000' bus='0x05' slot='0x00' function='0x0'/></source>
      <alias name='ua-gpu-big'/>
    </hostdev>
    <hostdev mode='subsystem' type='usb'><source/><alias name='ua-usb-host-key'/></hostdev>
    <hostdev mode='subsystem' type='pci'><source><address domain='0x0' bus='0x1' slot='0x0' function='0x0'/></source>
      <alias name='hostdev7'/></hostdev>
  </devices></domain>`;

test('the functions of a domain are read by our aliases, with the text that a removal names', () => {
  const functions = functionsInDomain(domainXml);
  expect(functions.map(({ xml: _xml, ...rest }) => rest)).toEqual([
    { alias: 'ua-hostdevice-qat0', name: 'qat0', pciAddress: '0001:3d:02.2' },
    { alias: 'ua-gpu-big', name: 'big', pciAddress: '0000:05:00.0' },
  ]);
  expect(functions[0]?.xml).toMatch(/^<hostdev mode[^]*ua-hostdevice-qat0[^]*<\/hostdev>$/);
  expect(functions.filter(isHostDevice).map(({ name }) => name)).toEqual(['qat0']);
  expect(functionsInDomain('<domain/>')).toEqual([]);
});

describe('QEMU’s answer to query-pci', () => {
  const answer = (secondary: number, bus: number) =>
    JSON.stringify({
      return: [
        {
          bus: 0,
          devices: [
            {
              bus: 0,
              slot: 1,
              function: 3,
              qdev_id: 'pci.1',
              pci_bridge: {
                bus: { number: 0, secondary },
                devices: [
                  { bus, slot: 0, function: 0, qdev_id: 'ua-hostdevice-qat0' },
                  { bus, slot: 0, function: 1, qdev_id: 'net0' },
                ],
              },
            },
            { bus: 0, slot: 16, function: 0, qdev_id: 'ua-hostdevice-fixed' },
          ],
        },
        { bus: 254, devices: [{ bus: 254, slot: 2, function: 0, qdev_id: 'ua-gpu-far' }] },
      ],
    });

  test('gives the guest’s addresses of our devices', () => {
    expect(readGuestPciDevices(answer(1, 1))).toEqual([
      { alias: 'ua-gpu-far', pciAddress: '0000:fe:02.0' },
      { alias: 'ua-hostdevice-fixed', pciAddress: '0000:00:10.0' },
      { alias: 'ua-hostdevice-qat0', pciAddress: '0000:01:00.0' },
    ]);
  });

  test('leaves out what hangs behind a bridge that the firmware has not numbered', () => {
    expect(readGuestPciDevices(answer(0, 0)).map(({ alias }) => alias)).not.toContain('ua-hostdevice-qat0');
  });
});

describe('a removal', () => {
  const removals = new DeviceRemovals();

  test('ends with its event, also one that comes before the answer', async () => {
    const told = (outcome: 'removed' | 'refused') =>
      removals.outcome('ua-a', 1_000, async () => {
        removals.tell('ua-b', 'refused');
        removals.tell('ua-a', outcome);
      });
    expect(await told('removed')).toBe('removed');
    expect(await told('refused')).toBe('refused');
  });

  test('is silent when no event comes, and throws what the asking throws', async () => {
    expect(await removals.outcome('ua-a', 1, async () => {})).toBe('silent');
    const failed = removals.outcome('ua-a', 1, () => Promise.reject(new Error('libvirt')));
    await expect(failed).rejects.toThrow('libvirt');
  });

  test('that the guest does not carry out is told by the device’s name', () => {
    expect(new DeviceNotReleased('qat0', 'silent').message).toMatch(/has not let go of device "qat0"/);
  });
});

test('spare ports go where there is PCIe', () => {
  const pcie = "<devices><controller type='pci' model='pcie-root'/></devices>";
  expect(withSpareRootPorts(pcie, 2).match(/pcie-root-port/g)).toHaveLength(2);
  expect(withSpareRootPorts('<devices></devices>', 2)).toBe('<devices></devices>');
});

describe('NUMA facts', () => {
  let sysfs: string;
  const vmi = (numa?: object): VirtualMachineInstance => ({
    metadata: { name: 'a' },
    spec: {
      domain: { cpu: { ...(numa && { numa }) }, devices: { hostDevices: [{ name: 'qat0', deviceName: 'x.org/y' }] } },
    },
  });
  const given = {
    variables: { PCI_RESOURCE_X_ORG_Y: '0000:3d:02.2' },
    present: new Map(),
    plugged: new Map(),
    claimed: new Map(),
  };

  beforeEach(async () => {
    sysfs = await mkdtemp(join(tmpdir(), 'sysfs-'));
    for (const [id, cpus] of [
      [0, '0-3'],
      [1, ''],
    ] as const) {
      const directory = join(sysfs, `devices/system/node/node${id}`);
      await mkdir(directory, { recursive: true });
      await writeFile(join(directory, 'cpulist'), `${cpus}\n`);
      await writeFile(join(directory, 'distance'), id === 0 ? '10 21\n' : '21 10\n');
    }
    await writeFile(join(sysfs, 'devices/system/node/online'), '0-1\n');
    await mkdir(join(sysfs, 'bus/pci/devices/0000:3d:02.2'), { recursive: true });
    await writeFile(join(sysfs, 'bus/pci/devices/0000:3d:02.2/numa_node'), '1\n');
  });
  afterEach(() => rm(sysfs, { recursive: true }));

  test('are gathered for guests that have the node’s cells', async () => {
    const passedThrough = vmi({ guestMappingPassthrough: {} });
    expect(await hostDeviceFacts(passedThrough, given, sysfs)).toEqual({
      qat0: { kind: 'pci', address: '0000:3d:02.2', numaNode: 1 },
    });
    expect(await numaCells(passedThrough, sysfs)).toEqual([
      {
        id: 0,
        cpus: [0, 1, 2, 3],
        distances: [
          { cell: 0, value: 10 },
          { cell: 1, value: 21 },
        ],
      },
      {
        id: 1,
        cpus: [],
        distances: [
          { cell: 0, value: 21 },
          { cell: 1, value: 10 },
        ],
      },
    ]);
  });

  test('are left out for others, and where the firmware tells none', async () => {
    expect(await hostDeviceFacts(vmi(), given, sysfs)).toEqual({ qat0: { kind: 'pci', address: '0000:3d:02.2' } });
    expect(await numaCells(vmi(), sysfs)).toBeUndefined();
    await writeFile(join(sysfs, 'bus/pci/devices/0000:3d:02.2/numa_node'), '-1\n');
    expect(await hostDeviceFacts(vmi({ guestMappingPassthrough: {} }), given, sysfs)).toEqual({
      qat0: { kind: 'pci', address: '0000:3d:02.2' },
    });
  });
});
