import type { DeviceStatus, VirtualMachineInstance } from '@quickvirt/api';
import type { PciFunction } from '@quickvirt/qat';
import type { NamedFunction } from './effects.ts';

/** What the node tells of a function. */
export type FunctionFacts = Pick<PciFunction, 'driver' | 'iommuGroup' | 'numaNode' | 'physicalFunction'>;

/** What virt-handler says of a device: all but the pod that holds it, which is virt-controller's. */
export function deviceStatusOf(
  vmi: VirtualMachineInstance,
  { name, pciAddress }: NamedFunction,
  facts: FunctionFacts | undefined,
  guestPciAddress: string | undefined,
): DeviceStatus {
  const { gpus = [], hostDevices = [] } = vmi.spec.domain.devices;
  const asked = [...hostDevices, ...gpus].find((device) => device.name === name);
  const before = vmi.status?.deviceStatus?.find((device) => device.name === name);
  // A device that was taken off the spec keeps its resource until it is gone.
  const deviceName = asked?.deviceName ?? before?.deviceName;
  const { driver, iommuGroup, numaNode, physicalFunction } = facts ?? {};
  const all = { name, deviceName, pciAddress, driver, iommuGroup, numaNode, physicalFunction, guestPciAddress };
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined)) as unknown as DeviceStatus;
}

/** What the status says now of virt-handler's fields. */
export function ownDeviceStatus({ status }: VirtualMachineInstance): DeviceStatus[] {
  return byName((status?.deviceStatus ?? []).flatMap(({ hotplug: _foreign, ...own }) => (own.pciAddress ? [own] : [])));
}

export const byName = (devices: readonly DeviceStatus[]): DeviceStatus[] =>
  devices.toSorted((a, b) => a.name.localeCompare(b.name));
