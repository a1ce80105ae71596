import { existsSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { cacheFolder, contentHash, hasImage, runEngine, withBuildLock } from '@quickvirt/cluster';

/** What the guest is made of, unpacked. */
export interface GuestPackages {
  /** The compressed kernel. */
  vmlinuz: string;
  /** Folder of its modules, as `drivers/block/virtio_blk.ko`. */
  modules: string;
  /** Static busybox. */
  busybox: string;
  /** What UEFI starts, signed by Microsoft; it checks the boot loader by Debian's key. */
  shim: string;
  /** The boot loader, signed by Debian as the kernel is. */
  grub: string;
}

/** Runs in the base image, so that it does not matter which distribution the machine has. */
const unpackScript = `
	apt-get update --quiet
	cd /tmp
	kernel=$(apt-cache depends linux-image-cloud-amd64 | sed -n 's/.*Depends: \\(linux-image-[0-9].*\\)/\\1/p')
	apt-get download --quiet -o APT::Sandbox::User=root "$kernel" busybox-static shim-signed grub-efi-amd64-signed
	for file in ./*.deb; do dpkg-deb -x "$file" /out; done`;

/** Debian's cloud kernel, busybox and UEFI boot loader from the archive of a base image, fetched once for each base. */
export async function guestPackages(base: string): Promise<GuestPackages> {
  if (!(await hasImage(base))) await runEngine(['pull', '--quiet', base]);
  const id = (await runEngine(['image', 'inspect', '--format', '{{.Id}}', base])).trim();
  const folder = join(cacheFolder('guest'), contentHash([id, unpackScript]));
  await withBuildLock('guest-packages', async () => {
    if (existsSync(folder)) return;
    const part = `${folder}.part`;
    rmSync(part, { recursive: true, force: true });
    mkdirSync(part, { recursive: true });
    const mount = ['--volume', `${part}:/out`];
    await runEngine(['run', '--rm', '--network=host', ...mount, '--entrypoint', 'sh', base, '-euc', unpackScript]);
    for (const older of readdirSync(join(folder, '..')).filter((name) => !part.endsWith(name)))
      rmSync(join(folder, '..', older), { recursive: true });
    renameSync(part, folder);
  });
  const vmlinuz = readdirSync(join(folder, 'boot')).find((name) => name.startsWith('vmlinuz-'));
  const release = readdirSync(join(folder, 'lib/modules'))[0];
  if (!vmlinuz || !release) throw new Error(`the kernel's package in ${folder} has no kernel or no modules`);
  return {
    vmlinuz: join(folder, 'boot', vmlinuz),
    modules: join(folder, 'lib/modules', release, 'kernel'),
    busybox:
      ['bin/busybox', 'usr/bin/busybox'].map((path) => join(folder, path)).find((path) => existsSync(path)) ?? '',
    shim: join(folder, 'usr/lib/shim/shimx64.efi.signed'),
    grub: join(folder, 'usr/lib/grub/x86_64-efi-signed/grubx64.efi.signed'),
  };
}
