import { annotationOf, type Context } from '../context.ts';
import { element, type Element } from '../element.ts';

/** The first slot of the root bus that q35 leaves free: 0 is the host bridge, 1 libvirt's root ports. */
const firstSlot = 2;

/** Kinds of device that sit on PCI, in the order in which they get slots. */
const kinds: readonly ((device: Element, context: Context) => boolean)[] = [
  (device) => device.name === 'interface',
  (device) => device.name === 'hostdev' && device.attributes['type'] !== 'usb',
  (device) => device.name === 'controller' && device.attributes['type'] !== 'pci',
  (device) => device.name === 'disk' && device.attributes['model'] !== undefined,
  (device) => device.name === 'input' && device.attributes['bus'] === 'virtio',
  (device) => device.name === 'watchdog',
  (device) => device.name === 'rng',
  (device) => device.name === 'memballoon' && device.attributes['model'] !== 'none',
];

/**
 * With the annotation, puts every PCI device straight onto the root complex instead of behind a root port each: for
 * guests that cannot cope with PCIe hot-plug. Devices with an address of their own keep it.
 */
export function rootComplexPlacement(context: Context, devices: Element[]): Element[] {
  if (annotationOf(context.vmi, 'placePciDevicesOnRootComplex') !== 'true') return devices;
  const order = kinds.flatMap((isKind) => devices.filter((device) => isKind(device, context)));
  const unplaced = order.filter(
    ({ children }) => !children.some((child) => typeof child !== 'string' && child.name === 'address'),
  );
  const slotOf = new Map(unplaced.map((device, index) => [device, firstSlot + index]));
  return devices.map((device) => {
    const slot = slotOf.get(device);
    if (slot === undefined) return device;
    const address = element('address', {
      type: 'pci',
      domain: '0x0000',
      bus: '0x00',
      slot: `0x${slot.toString(16).padStart(2, '0')}`,
      function: '0x0',
    });
    return { ...device, children: [...device.children, address] };
  });
}
