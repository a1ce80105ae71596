import { clusterConfigFrom } from '@quickvirt/config';
import type { PermittedHostDevices } from '@quickvirt/api';
import type { NodeFacts, PciFunction } from '../node-facts.ts';
import type { QatSettings } from '../settings.ts';
import { comparePciAddresses, virtualFunctionAddress } from '../pci-address.ts';

/** What a test says of a card; the rest is a 4xxx of four that nobody touched. */
export interface FakeCard extends Partial<PciFunction> {
  readonly numVfs?: number;
  readonly totalVfs?: number;
  readonly offset?: number;
  readonly autoprobe?: boolean;
  readonly vfDevice?: string;
  /** What its virtual functions have beyond the usual. */
  readonly virtualFunctions?: (index: number) => Partial<PciFunction>;
}

/** A card and the virtual functions that it has made. */
export function aCard(card: FakeCard = {}): PciFunction[] {
  const { numVfs = 0, totalVfs = 4, offset = 1, autoprobe = true, vfDevice = '4941', virtualFunctions, ...rest } = card;
  const address = rest.pciAddress ?? '0000:6b:00.0';
  const parts = Array.from({ length: numVfs }, (_, index): PciFunction => ({
    pciAddress: virtualFunctionAddress(address, index, { offset, stride: 1 }),
    vendorDevice: `8086:${vfDevice}`,
    class: '0b4000',
    iommuGroup: parseInt(address.slice(5, 7), 16) * 100 + index,
    numaNode: rest.numaNode ?? 0,
    physicalFunction: address,
    ...virtualFunctions?.(index),
  }));
  const device: PciFunction = {
    pciAddress: address,
    vendorDevice: '8086:4940',
    class: '0b4000',
    driver: '4xxx',
    iommuGroup: parseInt(address.slice(5, 7), 16) * 100 + 99,
    numaNode: 0,
    qat: { state: 'up', configuredServices: 'sym;asym' },
    sriov: {
      totalVfs,
      numVfs,
      offset,
      stride: 1,
      vfDevice,
      driversAutoprobe: autoprobe,
      virtualFunctions: parts.map(({ pciAddress }) => pciAddress),
    },
    ...rest,
  };
  return [device, ...parts];
}

/** A node with an IOMMU and vfio-pci, and these functions. Groups that vfio holds have their nodes. */
export function aNode(functions: readonly PciFunction[], more: Partial<NodeFacts> = {}): NodeFacts {
  const groups = functions.flatMap(({ driver, iommuGroup }) =>
    driver?.includes('vfio') && iommuGroup !== undefined ? [String(iommuGroup)] : [],
  );
  return {
    functions: functions.toSorted((a, b) => comparePciAddresses(a.pciAddress, b.pciAddress)),
    iommuEnabled: true,
    drivers: ['4xxx', 'vfio-pci'],
    vfioDenylistDisabled: false,
    foreignPlugins: [],
    vfioNodes: ['vfio', ...new Set(groups)],
    ...more,
  };
}

/** The settings of a KubeVirt CR with this. */
export function settingsOf(
  permittedHostDevices: PermittedHostDevices = {},
  nodeLabels: Record<string, string> = {},
): QatSettings {
  const config = clusterConfigFrom({
    metadata: { name: 'kubevirt' },
    spec: { configuration: { permittedHostDevices } },
  });
  return { config: config.qat, pciHostDevices: config.permittedHostDevices.pciHostDevices, nodeLabels };
}
