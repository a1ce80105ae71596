import { chmodSync, cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { command } from '@quickvirt/cluster';
import type { NodeKernel } from './kernel.ts';

/** Where the machine finds what the host shares with it, beside its root. */
export const SHARE_FOLDER = '/share';

/**
 * Makes the root file system of the machine: the host's, read-only, under a writable layer in memory that ends with the
 * machine, and hands over to `/share/start.sh`, the first process of all. `/tmp` stays the host's: the checkout may be below
 * it. Debian's cgroup v1 controllers stay unused, so cgroup v2 has them all.
 */
const INIT = `#!/bin/busybox sh
/bin/busybox --install -s /bin
export PATH=/bin
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs dev /dev
for module in virtio_pci virtio_net 9pnet_virtio 9p overlay nvme e1000 tun; do
  modprobe $module || echo "modprobe $module failed"
done
options=trans=virtio,version=9p2000.L,msize=524288
mount -t 9p -o $options,ro,cache=loose host /lower
mount -t tmpfs layer /layer
mkdir /layer/upper /layer/work
mount -t overlay -o lowerdir=/lower,upperdir=/layer/upper,workdir=/layer/work root /mnt
for folder in run var/lib/kubelet var/lib/quickvirt; do
  mkdir -p /mnt/$folder
  mount -t tmpfs $(basename $folder) /mnt/$folder
done
chmod 1777 /mnt/tmp
mkdir -p /mnt${SHARE_FOLDER} /mnt/lib/modules /dev/pts /dev/shm
mount -t 9p -o $options share /mnt${SHARE_FOLDER}
cp -r /lib/modules/* /mnt/lib/modules/
mount -t devpts devpts /dev/pts
mount -t tmpfs shm /dev/shm
mount --rbind /dev /mnt/dev
mount --rbind /sys /mnt/sys
mount -t proc proc /mnt/proc
mount -t cgroup2 cgroup2 /mnt/sys/fs/cgroup
ip link set lo up
ip link set eth0 up
ip address add 10.0.2.15/24 dev eth0
ip route add default via 10.0.2.2
exec switch_root /mnt /bin/sh ${SHARE_FOLDER}/start.sh
`;

/**
 * Builds the initramfs of the nested machine.
 * @returns its path in `folder`.
 */
export async function buildInitramfs(kernel: NodeKernel, folder: string): Promise<string> {
  const root = mkdtempSync(join(tmpdir(), 'quickvirt-initramfs-'));
  try {
    for (const name of ['bin', 'proc', 'sys', 'dev', 'mnt', 'lower', 'layer']) mkdirSync(join(root, name));
    cpSync(join(kernel.modulesRoot, 'lib'), join(root, 'lib'), { recursive: true });
    cpSync(kernel.busyboxPath, join(root, 'bin/busybox'));
    writeFileSync(join(root, 'init'), INIT);
    for (const program of ['init', 'bin/busybox']) chmodSync(join(root, program), 0o755);
    const names = readdirSync(root, { recursive: true, encoding: 'utf8' });
    const archive = join(folder, 'initramfs.cpio');
    await command(['cpio', '--create', '--format=newc', '--quiet', `--directory=${root}`, `--file=${archive}`], {
      input: ['.', ...names].join('\n'),
    });
    writeFileSync(`${archive}.gz`, gzipSync(readFileSync(archive), { level: 1 }));
    rmSync(archive);
    return `${archive}.gz`;
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}
