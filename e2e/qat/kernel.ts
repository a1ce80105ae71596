import { cpSync, existsSync, mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cacheFolder, command, contentHash, withBuildLock } from '@quickvirt/cluster';

/** The nested machine's kernel, taken from Debian's packages without installing them. */
export interface NodeKernel {
  /** As `uname -r` says it. */
  release: string;
  /** The compressed kernel that QEMU boots. */
  imagePath: string;
  /** Holds `lib/modules/<release>` with what `modprobe` needs. */
  modulesRoot: string;
  /** A static busybox. */
  busyboxPath: string;
}

const RELEASE = 'bookworm';
const PACKAGES = ['linux-image-amd64', 'busybox-static'];
/** With all they depend on: devices of the machine, its root, VFIO, and drivers of the devices that are not given away. */
const MODULES = [
  'virtio_pci',
  'virtio_net',
  '9pnet_virtio',
  '9p',
  'overlay',
  'nvme',
  'e1000',
  'tun',
  'vfio-pci',
  'vfio_iommu_type1',
];

/**
 * Debian's kernel with the modules of the nested machine, kept under the hash of what is asked for; 10 s when it is not
 * there.
 * @throws CommandFailed when the packages cannot be had; only root can unpack them.
 */
export async function nodeKernel(): Promise<NodeKernel> {
  const folder = join(cacheFolder('node-kernel'), contentHash([RELEASE, ...PACKAGES, ...MODULES]));
  if (!existsSync(folder))
    await withBuildLock('node-kernel', async () => void (existsSync(folder) || (await make(folder))));
  const release = readdirSync(join(folder, 'lib/modules'))[0] ?? '';
  return {
    release,
    imagePath: join(folder, `boot/vmlinuz-${release}`),
    modulesRoot: folder,
    busyboxPath: join(folder, 'bin/busybox'),
  };
}

async function make(folder: string): Promise<void> {
  console.log('  Debian’s kernel for the nested machine (about 10 s)');
  const all = mkdtempSync(join(tmpdir(), 'quickvirt-kernel-'));
  const kept = join(all, 'kept');
  try {
    const packages = `--include=${PACKAGES.join(',')}`;
    await command(['mmdebstrap', '--quiet', '--variant=extract', '--format=directory', packages, RELEASE, all]);
    const release = readdirSync(join(all, 'lib/modules'))[0];
    if (!release) throw new Error(`${PACKAGES.join(', ')} of ${RELEASE} hold no kernel modules`);
    await command(['chroot', all, '/sbin/depmod', release]);
    const lists = ['modules.builtin', 'modules.builtin.modinfo', 'modules.order'];
    const wanted = [
      ...(await modulePaths(all, release)),
      ...lists.map((name) => `lib/modules/${release}/${name}`),
      `boot/vmlinuz-${release}`,
      'bin/busybox',
    ];
    for (const path of wanted) cpSync(join(all, path), join(kept, path));
    await command(['chroot', all, '/sbin/depmod', '-b', '/kept', release]);
    rmSync(`${folder}.part`, { recursive: true, force: true });
    cpSync(kept, `${folder}.part`, { recursive: true });
    renameSync(`${folder}.part`, folder);
  } finally {
    rmSync(all, { recursive: true, force: true });
  }
}

/** The files of {@link MODULES} and of all that they need, below the root. */
async function modulePaths(root: string, release: string): Promise<string[]> {
  const show = ['chroot', root, '/sbin/modprobe', '--set-version', release, '--show-depends', '--all', ...MODULES];
  const lines = (await command(show)).split('\n');
  return [...new Set(lines.flatMap((line) => /^insmod (\S+)/.exec(line)?.[1] ?? []))].map((path) => path.slice(1));
}
