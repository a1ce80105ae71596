import {
  chmodSync,
  chownSync,
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { command, contentHash, runEngine } from '@quickvirt/cluster';
import { guestPackages, type GuestPackages } from './guest-packages.ts';
import { imageName, unlessFresh } from './image-build.ts';

const folder = fileURLToPath(new URL('../guest', import.meta.url));

/**
 * Kernel modules of the guest, in the order in which they need each other: virtio and SCSI disks, file systems of seeds,
 * network, power button. Some are built into some kernels; those are left out. The cloud kernel has no AHCI: the guest boots
 * from a SATA disk, but sees only virtio and SCSI ones.
 */
const modules = [
  'drivers/virtio/virtio_ring',
  'drivers/virtio/virtio',
  'drivers/virtio/virtio_pci_legacy_dev',
  'drivers/virtio/virtio_pci_modern_dev',
  'drivers/virtio/virtio_pci',
  'drivers/block/virtio_blk',
  'drivers/char/virtio_console',
  'drivers/char/hw_random/rng-core',
  'drivers/char/hw_random/virtio-rng',
  'net/core/failover',
  'drivers/net/net_failover',
  'drivers/net/virtio_net',
  'drivers/input/evdev',
  'drivers/acpi/button',
  'drivers/scsi/scsi_common',
  'drivers/scsi/scsi_mod',
  'lib/crc-t10dif',
  'drivers/scsi/sd_mod',
  'drivers/cdrom/cdrom',
  'drivers/scsi/sr_mod',
  'drivers/scsi/virtio_scsi',
  'fs/isofs/isofs',
  'fs/nls/nls_base',
  'fs/nls/nls_utf8',
  'fs/fat/fat',
  'fs/fat/vfat',
  'fs/nls/nls_cp437',
  'fs/nls/nls_ascii',
];

/** Programs that the guest starts by name before busybox has installed its links. */
const applets = ['sh', 'init', 'getty', 'login', 'udhcpc', 'acpid'];

/**
 * Builds the containerDisk of the guest: a FAT file system without partitions with boot loaders, Debian's cloud kernel (LZ4,
 * which software emulation unpacks quickly) and busybox as init; kernel and initrd beside it in `boot`.
 * @returns whether there was something to do.
 */
export async function buildGuestImage(base: string): Promise<boolean> {
  const packages = await guestPackages(base);
  const { vmlinuz, busybox, shim, grub } = packages;
  const inputs = [folder, fileURLToPath(import.meta.url), vmlinuz, busybox, shim, grub];
  return unlessFresh('guest', contentHash(modules, inputs), async () => {
    const work = mkdtempSync(join(tmpdir(), 'quickvirt-guest-'));
    try {
      const disk = await buildGuestDisk(packages, work);
      const root = join(work, 'image');
      mkdirSync(join(root, 'disk'), { recursive: true });
      copyFileSync(disk, join(root, 'disk/disk.img'));
      // The user of launchers may read it, nobody may write it.
      chownSync(join(root, 'disk/disk.img'), 107, 107);
      chmodSync(join(root, 'disk/disk.img'), 0o440);
      // For guests that start a kernel without a boot loader (spec.domain.firmware.kernelBoot).
      mkdirSync(join(root, 'boot'));
      copyFileSync(vmlinuz, join(root, 'boot/vmlinuz'));
      copyFileSync(join(work, 'initrd'), join(root, 'boot/initrd'));
      const tar = join(work, 'image.tar');
      await command(['tar', '--sort=name', '--mtime=@0', '--numeric-owner', '-C', root, '-cf', tar, 'disk', 'boot']);
      await runEngine(['import', '--quiet', tar, imageName('guest')]);
    } finally {
      rmSync(work, { recursive: true, force: true });
    }
  });
}

/**
 * The bootable raw disk: syslinux for a BIOS, shim and GRUB for UEFI with and without secure boot (UEFI 2.10 section 3.5.1.1:
 * the path that is tried on media without boot entries; GRUB's signed build looks for its file in `EFI/debian`).
 */
export async function buildGuestDisk(packages: GuestPackages, work: string): Promise<string> {
  const initrd = await buildInitrd(packages, work);
  const { vmlinuz } = packages;
  const disk = join(work, 'disk.img');
  const files = [
    [vmlinuz, 'vmlinuz'],
    [initrd, 'initrd'],
    [join(folder, 'syslinux.cfg'), 'syslinux.cfg'],
    [packages.shim, 'EFI/BOOT/BOOTX64.EFI'],
    [packages.grub, 'EFI/BOOT/grubx64.efi'],
    [join(folder, 'grub.cfg'), 'EFI/debian/grub.cfg'],
  ] as const;
  const mebibytes = Math.ceil(files.reduce((bytes, [from]) => bytes + statSync(from).size, 0) / 2 ** 20) + 2;
  const mtools = { env: { ...process.env, MTOOLS_SKIP_CHECK: '1' } };
  await command(['truncate', `--size=${mebibytes}M`, disk]);
  await command(['mformat', '-i', disk, '-H', '0', '-h', '64', '-s', '32', '-t', String(mebibytes), '::'], mtools);
  await command(['syslinux', '--install', disk]);
  await command(['mmd', '-i', disk, '::EFI', '::EFI/BOOT', '::EFI/debian'], mtools);
  for (const [from, to] of files) await command(['mcopy', '-i', disk, from, `::${to}`], mtools);
  return disk;
}

async function buildInitrd(packages: GuestPackages, work: string): Promise<string> {
  const root = join(work, 'root');
  for (const name of ['bin', 'dev', 'etc', 'lib/modules', 'proc', 'root', 'run', 'sys', 'tmp', 'var', 'mnt'])
    mkdirSync(join(root, name), { recursive: true });
  cpSync(join(folder, 'rootfs'), root, { recursive: true });
  symlinkSync('../run', join(root, 'var/run'));
  symlinkSync('bin', join(root, 'sbin'));
  copyFileSync(packages.busybox, join(root, 'bin/busybox'));
  chmodSync(join(root, 'bin/busybox'), 0o755);
  for (const applet of applets) symlinkSync('busybox', join(root, 'bin', applet));
  symlinkSync('/bin/init', join(root, 'init'));
  const order: string[] = [];
  for (const module of modules) {
    const file = join(packages.modules, `${module}.ko`);
    if (!existsSync(file)) continue;
    copyFileSync(file, join(root, 'lib/modules', basename(file)));
    order.push(basename(file));
  }
  writeFileSync(join(root, 'lib/modules/order'), `${order.join('\n')}\n`);
  for (const script of ['etc/rc', 'etc/udhcpc', 'etc/seed', 'etc/acpi/PWRF/00000080'])
    chmodSync(join(root, script), 0o755);
  const initrd = join(work, 'initrd');
  await command(
    [
      'sh',
      '-c',
      `find . -print0 | sort -z | cpio --null --create --format=newc --owner=0:0 --reproducible --quiet | lz4 -l -9 >${initrd}`,
    ],
    { cwd: root },
  );
  return initrd;
}
