import { describe, expect, test } from '@jest/globals';
import { disagreements, type DeviceViews, type ExpectedDevice } from './device-agreement.ts';

const expected: ExpectedDevice = {
  name: 'qat0',
  resourceName: 'qat.intel.com/sym-dc',
  heldAs: { from: 'qat.intel.com/sym-dc', id: '0000:3d:02.2' },
  pciAddress: '0000:3d:02.2',
  physicalFunction: '0000:3d:00.0',
  numaNode: 0,
  vendorDevice: '8086:5845',
  atBoot: true,
};

const views: DeviceViews = {
  allocated: { 'qat.intel.com/sym-dc': ['0000:3d:02.2'] },
  domainXml: `<domain><devices><hostdev mode='subsystem' type='pci' managed='no'><driver name='vfio'/><source>
    <address domain='0x0000' bus='0x3d' slot='0x02' function='0x2'/></source><alias name='ua-hostdevice-qat0'/>
    <address type='pci' domain='0x0000' bus='0x01' slot='0x00' function='0x0'/></hostdev></devices></domain>`,
  queryPci: [
    {
      bus: 0,
      devices: [
        {
          bus: 0,
          slot: 2,
          function: 0,
          qdev_id: 'pci.1',
          id: { vendor: 0x1b36, device: 0xc },
          pci_bridge: {
            devices: [
              { bus: 1, slot: 0, function: 0, qdev_id: 'ua-hostdevice-qat0', id: { vendor: 0x8086, device: 0x5845 } },
            ],
          },
        },
      ],
    },
  ],
  firmwareLog: 'PCI: init bdf=00:02.0 id=1b36:000c\nPCI: init bdf=01:00.0 id=8086:5845\n',
  deviceStatus: [
    {
      name: 'qat0',
      deviceName: 'qat.intel.com/sym-dc',
      pciAddress: '0000:3d:02.2',
      physicalFunction: '0000:3d:00.0',
      numaNode: 0,
      driver: 'vfio-pci',
      guestPciAddress: '0000:01:00.0',
    },
  ],
};

describe('disagreements', () => {
  test('there are none when all say the same', () => expect(disagreements(expected, views)).toEqual([]));

  test.each<[string, Partial<DeviceViews>]>([
    ['the kubelet gave', { allocated: { 'qat.intel.com/sym-dc': ['0000:3d:02.3'] } }],
    ['host address', { domainXml: views.domainXml.replace("function='0x2'", "function='0x3'") }],
    ['in query-pci', { queryPci: [] }],
    ['the firmware did not say', { firmwareLog: 'PCI: init bdf=01:00.0 id=8086:37c9' }],
    ['status.deviceStatus has no qat0', { deviceStatus: [] }],
    ['status: numaNode', { deviceStatus: [{ ...views.deviceStatus[0], name: 'qat0', numaNode: 1 }] }],
  ])('%s', (words, change) => {
    const found = disagreements(expected, { ...views, ...change });
    expect(found).toHaveLength(1);
    expect(found[0]).toContain(words);
  });
});
