import { type Context } from '../context.ts';
import { element, type Element } from '../element.ts';
import { guestNuma } from './numa.ts';

/** Where a device of the node hangs in the guest. */
export interface HostDevicePort {
  deviceName: string;
  /** The guest's PCI address of the device: slot 0 of its own root port. */
  address: Element;
}

/** A PCI bus that belongs to one NUMA cell of the guest, and the devices on it. */
export interface ExpanderBus {
  /** The bus and its root ports. */
  controllers: Element[];
  ports: HostDevicePort[];
}

/** Bus numbers of a PCI segment (PCI Local Bus 3.0, section 3.2.2.3.2): 8 bits. */
const BUS_NUMBERS = 256;
/** Devices of one bus (5 bits). */
const SLOTS = 32;

/**
 * For a guest with the node's NUMA cells: one expander bus for each cell that has devices, so that the guest's kernel
 * keeps a device's buffers and interrupts near it (libvirt formatdomain, `pcie-expander-bus`). Devices whose node is not
 * known, is not the guest's, or that have an address of their own, stay on the root bus.
 */
export function expanderBusOf(context: Context): ExpanderBus[] {
  if (context.domain.cpu?.numa?.guestMappingPassthrough === undefined) return [];
  const cells = guestNuma(context).flatMap(({ hostCell, cell }) => {
    const devices = hostCell === undefined ? [] : devicesOf(context, hostCell).slice(0, SLOTS);
    return devices.length === 0 ? [] : [{ guestCell: Number(cell.attributes['id']), devices }];
  });
  let nextIndex = 1;
  let busEnd = BUS_NUMBERS;
  return cells.map(({ guestCell, devices }) => {
    const expander = nextIndex++;
    // The bus itself, and one behind each root port: the highest numbers, because the firmware counts up from 0.
    busEnd -= devices.length + 1;
    const placed = devices.map((deviceName, slot) => ({ deviceName, slot, index: nextIndex++ }));
    return {
      controllers: [
        element(
          'controller',
          { type: 'pci', index: expander, model: 'pcie-expander-bus' },
          element('target', { busNr: busEnd }, element('node', {}, guestCell)),
        ),
        ...placed.map(({ slot, index }) =>
          element('controller', { type: 'pci', index, model: 'pcie-root-port' }, guestAddress({ bus: expander, slot })),
        ),
      ],
      ports: placed.map(({ deviceName, index }) => ({ deviceName, address: guestAddress({ bus: index, slot: 0 }) })),
    };
  });
}

/** Names of the VMI's devices on that NUMA node which may be placed. */
function devicesOf({ devices, facts }: Context, numaNode: number): string[] {
  const addressed = [...(devices.hostDevices ?? []), ...(devices.interfaces ?? [])].filter(
    ({ pciAddress }) => pciAddress,
  );
  const fixed = new Set(addressed.map(({ name }) => name));
  const asked = [
    ...(devices.interfaces ?? []).filter(({ sriov, state }) => sriov !== undefined && state !== 'absent'),
    ...(devices.gpus ?? []),
    ...(devices.hostDevices ?? []),
  ].map(({ name }) => name);
  return asked.filter((name) => {
    const device = facts.hostDevices?.[name];
    return device?.kind === 'pci' && device.numaNode === numaNode && !fixed.has(name);
  });
}

function guestAddress({ bus, slot }: { bus: number; slot: number }): Element {
  return element('address', {
    type: 'pci',
    domain: '0x0000',
    bus: `0x${bus.toString(16).padStart(2, '0')}`,
    slot: `0x${slot.toString(16).padStart(2, '0')}`,
    function: '0x0',
  });
}
