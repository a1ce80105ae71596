/** Where the guest sees a device. */
export interface GuestPciDevice {
  /** libvirt's alias, for example `ua-hostdevice-qat0`. */
  alias: string;
  /** As 0000:02:00.0. */
  pciAddress: string;
}

/** What QMP `query-pci` tells of one device (QEMU QMP reference, `PciDeviceInfo`). */
interface PciDeviceInfo {
  bus?: number;
  slot?: number;
  function?: number;
  qdev_id?: string;
  pci_bridge?: { bus?: { secondary?: number }; devices?: PciDeviceInfo[] };
}

/** The QMP command whose answer {@link readGuestPciDevices} reads. */
export const QUERY_PCI = JSON.stringify({ execute: 'query-pci' });

/**
 * Devices with an alias of ours in QEMU's answer to `query-pci`. A bridge that the firmware has not numbered yet has
 * bus 0 behind it: what hangs there has no address so far, and is left out.
 * @throws SyntaxError when the answer is no JSON.
 */
export function readGuestPciDevices(answer: string): GuestPciDevice[] {
  const { return: buses = [] } = JSON.parse(answer) as { return?: { devices?: PciDeviceInfo[] }[] };
  const found: GuestPciDevice[] = [];
  const visit = (devices: readonly PciDeviceInfo[], isNumbered: boolean): void => {
    for (const device of devices) {
      const { bus = 0, slot = 0, function: fn = 0, qdev_id: alias = '', pci_bridge: bridge } = device;
      if (isNumbered && alias.startsWith('ua-')) {
        found.push({ alias, pciAddress: `0000:${hex(bus)}:${hex(slot)}.${fn}` });
      }
      if (bridge) visit(bridge.devices ?? [], (bridge.bus?.secondary ?? 0) !== 0);
    }
  };
  for (const { devices = [] } of buses) visit(devices, true);
  return found.toSorted((a, b) => a.alias.localeCompare(b.alias));
}

const hex = (number: number): string => number.toString(16).padStart(2, '0');
