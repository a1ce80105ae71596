/** A PCI address as domain:bus:slot.function in hexadecimal, for example `0000:81:01.0` (sysfs notation). */
export const pciAddressPattern = /^[0-9a-fA-F]{4}:[0-9a-fA-F]{2}:[0-1][0-9a-fA-F]\.[0-7]$/;
