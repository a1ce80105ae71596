/**
 * A guest in 512 bytes for q35 machines, without a disk's worth of operating system: prints `guest is up`, echoes what it
 * reads on the first serial port, and powers off on the ACPI power button or on the letter `q`.
 *
 * Written by us as 16-bit assembly: enable the button (PM1a enable, port 0x602), print, then at each timer tick look at
 * the button's bit (port 0x600) and at the UART (0x3fd, 0x3f8); to power off write S5 to port 0x604.
 */
const CODE =
  '31c08ed8ba0206b80001efbe417cbaf803ac84c07403eeebf8fbf4ba0006edf6c4017513bafd03eca80174edbaf803ec3c717403eeebe2ba' +
  '0406b80020eff4ebf6';

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
