/**
 * A guest in 512 bytes for q35 machines, without a disk's worth of operating system: prints `guest is up`, echoes what it
 * reads on the first serial port, and powers off on the ACPI power button or on the letter `q`. When PCI functions come or
 * go it prints `pci: ` and all that are there now, as DDDDVVVV (device, vendor); it lets go of those that the host asks
 * back, as ACPI's PCI hot-plug wants.
 *
 * Written by us as 16-bit assembly: boot-sector.s.
 */
const CODE =
  '31c08ed88ed0bc007cba0206b80001efbefe7cbaf803ac84c07403eeebf831ede8840066893ef47cfbf4ba0006edf6c401756a6631db6689' +
  'd8bad00c66efbac40c66ed6685c07405bac80c66ef4383fb4072e3fe06f37cf606f37c0f752c31ede8440066393ef47c742066893ef47cbe' +
  'f87cbaf803ac84c07403eeebf845e82600baf803b00deeb00aeebafd03eca8017496baf803ec3c717403eeebedba0406b80020eff4ebf666' +
  '31ff66bb000000806689d8baf80c66efbafc0c66ed83f8ff74206601c785ed7419baf803b9080066c1c00450240f3c0a1c692fee58e2f0b0' +
  '20ee6681c3000800006681fb0000208072bec300000000007063693a2000';

/** What the guest prints once it is up. */
export const BOOT_SECTOR_GREETING = 'guest is up\r\n';

/** A raw disk image of 1 MiB with that guest: SeaBIOS boots no disk of less than a cylinder. */
export function bootSectorImage(): Buffer {
  const image = Buffer.alloc(1024 * 1024);
  const code = Buffer.from(CODE, 'hex');
  code.copy(image);
  image.write(`${BOOT_SECTOR_GREETING}\0`, code.length);
  image.writeUInt16LE(0xaa55, 510);
  return image;
}
