import { ConversionError } from './conversion-error.ts';
import { element, type Element } from './element.ts';

const pciSyntax = /^([\da-fA-F]{4}):([\da-fA-F]{2}):([\da-fA-F]{2})\.([0-7])$/;

/** `0000:81:01.0` as an address element. @throws ConversionError on any other spelling. */
export function pciAddress(text: string, field: string): Element {
  const match = pciSyntax.exec(text);
  if (match === null) {
    throw new ConversionError(field, `${JSON.stringify(text)} is no PCI address: write it as 0000:81:01.0`);
  }
  const [, domain, bus, slot, fn] = match;
  return element('address', {
    type: 'pci',
    domain: `0x${domain}`,
    bus: `0x${bus}`,
    slot: `0x${slot}`,
    function: `0x${fn}`,
  });
}

/** A source's address is one of the node's: libvirt's schema has no type there. */
export const withoutType = (address: Element): Element => ({
  ...address,
  attributes: { ...address.attributes, type: undefined },
});
