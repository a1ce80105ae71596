import { tryParseQuantity, wholeUnits, type VirtualMachineInstance } from '@quickvirt/api';
import { guestMemoryBytes } from '@quickvirt/launcher-pod';

const GiB = 1024n ** 3n;
/** Beyond guest RAM: regions of the devices that are mapped for DMA (libvirt, qemuDomainGetMemLockLimitBytes). */
const DEVICE_REGIONS_BYTES = GiB;
/** Memory that a guest can grow to when it does not say, in multiples of what it starts with (field `maxGuest`). */
const DEFAULT_GROWTH = 4n;
/** From here on the guest has an IOMMU, to address its interrupts: each device then pins guest RAM on its own account. */
const IOMMU_VCPUS = 256;

/**
 * How much memory QEMU must be able to lock, in bytes: a device that does DMA pins all of the guest's RAM. At least what
 * libvirt reckons itself, which then leaves the limit alone; libvirtd without root could not raise it. Undefined when the
 * container's own limit does. Pure.
 * @param attachedDevices hot-plugged ones that the spec may not list yet.
 */
export function lockedMemoryBytes(vmi: VirtualMachineInstance, attachedDevices = 0): bigint | undefined {
  const { devices, memory, cpu } = vmi.spec.domain;
  const sriov = (devices.interfaces ?? []).filter((one) => one.sriov !== undefined);
  const listed = [devices.hostDevices, devices.gpus, sriov].reduce((sum, list) => sum + (list?.length ?? 0), 0);
  const count = Math.max(listed, attachedDevices);
  const { memLock, addedOverhead } = memory?.reservedOverhead ?? {};
  if (count === 0 && memLock !== 'Required') return undefined;
  const initial = guestMemoryBytes({ vmi });
  const most = bytesOf(memory?.maxGuest) ?? initial * DEFAULT_GROWTH;
  const guest = most > initial ? most : initial;
  const vcpus = (cpu?.sockets || 1) * (cpu?.cores || 1) * (cpu?.threads || 1);
  const accounts = vcpus >= IOMMU_VCPUS ? BigInt(Math.max(count, 1)) : 1n;
  return guest * accounts + DEVICE_REGIONS_BYTES + (bytesOf(addedOverhead) ?? 0n);
}

function bytesOf(quantity: unknown): bigint | undefined {
  const parsed = tryParseQuantity(quantity);
  return parsed && wholeUnits(parsed);
}
