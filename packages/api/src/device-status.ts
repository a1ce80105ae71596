import type { Int32 } from './scalars.ts';

/** A PCI device of the node that a guest has, or is to get. QuickVirt only. */
export interface DeviceStatus {
  /** Resource that it was asked for by, for example `qat.intel.com/cy`. */
  deviceName?: string;
  /** Kernel driver that it is bound to on the node, for example `vfio-pci`. */
  driver?: string;
  /** Where the guest sees it, as QEMU tells: known once the guest's firmware has numbered its buses. */
  guestPciAddress?: string;
  /** How it comes to a guest that runs already. */
  hotplug?: DeviceHotplugStatus;
  /** IOMMU group on the node. */
  iommuGroup?: Int32;
  /** Name in `gpus` or `hostDevices`. */
  name: string;
  /** NUMA node that it hangs on. */
  numaNode?: Int32;
  /** Address on the node, for example `0000:3d:02.2`. */
  pciAddress?: string;
  /** Address of the physical function that it is a part of. */
  physicalFunction?: string;
}

/** How a device comes to a guest that runs already. */
export interface DeviceHotplugStatus {
  /** Pod that holds the device for the guest: its launcher pod, or one made for the device. */
  attachPodName?: string;
  /** UID of that pod, once the pod has the device. */
  attachPodUID?: string;
  /** Why the device has not come yet. */
  message?: string;
}
