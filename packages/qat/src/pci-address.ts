/** A PCI address as sysfs writes it, `domain:bus:slot.function` in lower-case hexadecimal: `0000:3d:02.2`. */
export type PciAddress = string;

const pattern = /^([0-9a-f]{4,8}):([0-9a-f]{2}):([01][0-9a-f])\.([0-7])$/;

/** Whether a name is a PCI address in sysfs' form. Domains have four digits, or up to eight (VMD, Hyper-V). */
export function isPciAddress(name: string): boolean {
  return pattern.test(name);
}

/** Orders by domain, bus, slot and function as numbers: `0000:3d:02.0` before `0001:00:00.0` and `10000:00:00.0`. */
export function comparePciAddresses(a: PciAddress, b: PciAddress): number {
  return a.length - b.length || (a < b ? -1 : a > b ? 1 : 0);
}

/**
 * The address of a virtual function: that of its physical function plus offset plus index times stride, as routing ids
 * (bus 8 bits, slot 5, function 3), in the same domain (PCI Express Base 4.0, 9.2.1.2).
 * @throws RangeError when `physicalFunction` is no PCI address.
 */
export function virtualFunctionAddress(
  physicalFunction: PciAddress,
  index: number,
  layout: { offset: number; stride: number },
): PciAddress {
  const [, domain, bus, slot, func] = pattern.exec(physicalFunction) ?? [];
  if (!domain || !bus || !slot || !func) throw new RangeError(`${physicalFunction} is no PCI address`);
  const routingId =
    (parseInt(bus, 16) << 8) + (parseInt(slot, 16) << 3) + Number(func) + layout.offset + index * layout.stride;
  const hex = (value: number) => value.toString(16).padStart(2, '0');
  return `${domain}:${hex((routingId >> 8) & 0xff)}:${hex((routingId >> 3) & 0x1f)}.${routingId & 7}`;
}
