import { describe, expect, test } from '@jest/globals';
import type { Finding, NodeFacts, PciFunction, QatInventory, VirtualFunction } from '@quickvirt/qat';
import { pciPools, type PciPoolsInput } from './pci-pools.ts';

const NIC = '8086:1572';

function pci(pciAddress: string, rest: Partial<PciFunction> = {}): PciFunction {
  return { pciAddress, vendorDevice: NIC, class: '020000', driver: 'vfio-pci', iommuGroup: 7, numaNode: 0, ...rest };
}

function vf(pciAddress: string, rest: Partial<VirtualFunction> = {}): VirtualFunction {
  return {
    pciAddress,
    vendorDevice: '8086:37c9',
    family: 'c62x',
    generation: 2,
    wantedDriver: 'vfio-pci',
    groupMembers: [],
    services: [],
    resourceName: 'qat.intel.com/generic',
    offer: 'DevicePlugin',
    usable: true,
    findings: [],
    ...rest,
  };
}

function pools(functions: PciFunction[], rest: Partial<PciPoolsInput> = {}) {
  const facts: NodeFacts = {
    functions,
    iommuEnabled: true,
    drivers: ['vfio-pci'],
    foreignPlugins: [],
    vfioNodes: [
      'vfio',
      ...functions.flatMap(({ iommuGroup }) => (iommuGroup === undefined ? [] : [String(iommuGroup)])),
    ],
  };
  return pciPools({
    facts,
    inventory: { physicalFunctions: [], virtualFunctions: [], findings: [] },
    permitted: [{ pciVendorSelector: '8086:1572', resourceName: 'intel.com/nic' }],
    allocated: new Set(),
    ...rest,
  });
}

const inventory = (...virtualFunctions: VirtualFunction[]): QatInventory => ({
  physicalFunctions: [],
  virtualFunctions,
  findings: [],
});

/** Address to health, or the code of what is wrong. */
function healthOf(found: ReturnType<typeof pools>) {
  return found.map(({ resourceName, functions }) => [
    resourceName,
    Object.fromEntries(
      functions.map(({ pciAddress, healthy, findings }) => [pciAddress, healthy || findings.map(({ code }) => code)]),
    ),
  ]);
}

describe('functions that a selector of the KubeVirt CR names', () => {
  test('are offered once they are bound to vfio, whatever the case of the selector', () => {
    const found = pools([pci('0000:01:00.0')], {
      permitted: [{ pciVendorSelector: '8086:1572'.toUpperCase(), resourceName: 'intel.com/nic' }],
    });
    expect(found).toEqual([
      {
        resourceName: 'intel.com/nic',
        functions: [
          {
            pciAddress: '0000:01:00.0',
            vendorDevice: NIC,
            numaNode: 0,
            iommuGroup: 7,
            groupMembers: [],
            isQat: false,
            healthy: true,
            findings: [],
          },
        ],
      },
    ]);
  });

  test.each<[string, Partial<PciFunction>, unknown]>([
    ['a variant driver of vfio', { driver: 'mlx5_vfio_pci' }, true],
    ['the host uses it', { driver: 'i40e' }, undefined],
    ['no driver, and none is meant for it', { driver: undefined }, undefined],
    ['meant for vfio, but unbound', { driver: undefined, driverOverride: 'vfio-pci' }, ['BindFailed']],
    ['meant for vfio, but taken', { driver: 'i40e', driverOverride: 'vfio-pci' }, ['BindFailed']],
    ['no IOMMU', { iommuGroup: undefined }, ['IommuDisabled']],
    ['another model', { vendorDevice: '8086:1573' }, undefined],
  ])('%s', (_title, rest, health) => {
    expect(healthOf(pools([pci('0000:01:00.0', rest)]))).toEqual(
      health === undefined ? [] : [['intel.com/nic', { '0000:01:00.0': health }]],
    );
  });

  test('wait for their device node', () => {
    const functions = [pci('0000:01:00.0')];
    const facts = { functions, iommuEnabled: true, drivers: [], foreignPlugins: [], vfioNodes: ['vfio'] };
    expect(healthOf(pools(functions, { facts }))).toEqual([
      ['intel.com/nic', { '0000:01:00.0': ['DeviceNodeMissing'] }],
    ]);
    const noIommu = { ...facts, vfioNodes: ['vfio', 'noiommu-7'] };
    expect(healthOf(pools(functions, { facts: noIommu }))).toEqual([['intel.com/nic', { '0000:01:00.0': true }]]);
  });

  test('are not viable beside a device of the host in their group; bridges do not count', () => {
    const bridge = pci('0000:00:1c.0', { vendorDevice: '8086:a110', class: '060400', driver: 'shpchp' });
    expect(healthOf(pools([bridge, pci('0000:01:00.0')]))).toEqual([['intel.com/nic', { '0000:01:00.0': true }]]);
    const host = pci('0000:01:00.1', { vendorDevice: '8086:100e', driver: 'e1000' });
    expect(healthOf(pools([pci('0000:01:00.0'), host]))).toEqual([
      ['intel.com/nic', { '0000:01:00.0': ['GroupNotViable'] }],
    ]);
  });

  test('belong with their whole group to one pod at a time', () => {
    const both = [pci('0000:01:00.0'), pci('0000:01:00.1')];
    expect(healthOf(pools(both, { allocated: new Set(['0000:01:00.1']) }))).toEqual([
      ['intel.com/nic', { '0000:01:00.0': ['GroupInUse'], '0000:01:00.1': true }],
    ]);
  });

  test('are left to another provider, or to another way of offering', () => {
    const external = [{ pciVendorSelector: NIC, resourceName: 'intel.com/nic', externalResourceProvider: true }];
    expect(pools([pci('0000:01:00.0')], { permitted: external })).toEqual([]);
    expect(pools([pci('0000:01:00.0')], { mayOffer: () => false })).toEqual([]);
  });

  test('are in one pool only, the first that names them', () => {
    const permitted = [
      { pciVendorSelector: NIC, resourceName: 'first.example/nic' },
      { pciVendorSelector: NIC, resourceName: 'second.example/nic' },
    ];
    expect(healthOf(pools([pci('0000:01:00.0')], { permitted }))).toEqual([
      ['first.example/nic', { '0000:01:00.0': true }],
    ]);
  });
});

describe('QAT functions', () => {
  const qat = pci('0000:3d:02.2', { vendorDevice: '8086:37c9', class: '0b4000', iommuGroup: 60 });
  const broken: Finding = {
    code: 'HeartbeatLost',
    severity: 'error',
    subject: '0000:3d:00.0',
    cause: 'the card does not answer',
    remedy: 'Reset it.',
  };

  test('are offered under the name of their inventory, well or not', () => {
    expect(healthOf(pools([qat], { inventory: inventory(vf('0000:3d:02.2')) }))).toEqual([
      ['qat.intel.com/generic', { '0000:3d:02.2': true }],
    ]);
    const ill = vf('0000:3d:02.2', { usable: false, findings: [broken] });
    expect(healthOf(pools([qat], { inventory: inventory(ill) }))).toEqual([
      ['qat.intel.com/generic', { '0000:3d:02.2': ['HeartbeatLost'] }],
    ]);
  });

  test('go to the pool of a selector that names them, with the health of their card and their variables', () => {
    const mapped = vf('0000:3d:02.2', { resourceName: undefined, usable: false, findings: [broken] });
    const permitted = [{ pciVendorSelector: '8086:37C9', resourceName: 'example.com/crypto' }];
    const found = pools([qat], { inventory: inventory(mapped), permitted });
    expect(healthOf(found)).toEqual([['example.com/crypto', { '0000:3d:02.2': ['HeartbeatLost'] }]]);
    expect(found[0]?.functions[0]?.isQat).toBe(true);
  });

  test('that are nobody of ours to offer are left out', () => {
    expect(pools([qat], { inventory: inventory(vf('0000:3d:02.2', { resourceName: undefined })) })).toEqual([]);
  });
});
