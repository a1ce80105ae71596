import { annotationOf, unlessFalse, type Context } from '../context.ts';
import { element, type Element } from '../element.ts';
import { busOf } from './disk-bus.ts';
import { hasGraphics } from './graphics.ts';
import { iommuDriver } from './iommu.ts';

/** USB, SCSI and virtio-serial controllers; libvirt adds the PCI ones by itself. */
export function controllers(context: Context): Element[] {
  const { devices, architecture, virtioModel } = context;
  const usesScsi = (devices.disks ?? []).some((disk) => busOf(context, disk) === 'scsi');
  const scsiModel = architecture.virtioVariants ? virtioModel : architecture.scsiModel;
  return [
    element('controller', { type: 'usb', index: 0, model: usesUsb(context) ? 'qemu-xhci' : 'none' }),
    // Also without SCSI disks: a volume that is plugged in later finds its bus.
    ...(usesScsi || devices.disableHotplug !== true
      ? [element('controller', { type: 'scsi', index: 0, model: scsiModel }, iommuDriver(context))]
      : []),
    ...(unlessFalse(devices.autoattachSerialConsole)
      ? [element('controller', { type: 'virtio-serial', index: 0, model: virtioModel }, iommuDriver(context))]
      : []),
    ...pciHole(context),
  ];
}

/** Without the 64-bit window guests of before 2010 boot, at the price of large device memory. */
function pciHole({ vmi, architecture }: Context): Element[] {
  if (annotationOf(vmi, 'disablePciHole64') !== 'true' || architecture.libvirtName !== 'x86_64') return [];
  return [
    element('controller', { type: 'pci', index: 0, model: 'pcie-root' }, element('pcihole64', { unit: 'KiB' }, 0)),
  ];
}

function usesUsb(context: Context): boolean {
  const { devices, architecture, facts } = context;
  if (!architecture.usb) return false;
  return (
    (devices.disks ?? []).some((disk) => busOf(context, disk) === 'usb') ||
    (devices.inputs ?? []).some(({ bus }) => bus === undefined || bus === 'usb') ||
    devices.clientPassthrough !== undefined ||
    Object.values(facts.hostDevices ?? {}).some(({ kind }) => kind === 'usb') ||
    (architecture.usbWithGraphics && hasGraphics(context))
  );
}
