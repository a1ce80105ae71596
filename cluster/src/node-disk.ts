import { existsSync, mkdirSync, readdirSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { cacheFolder } from './cache.ts';
import { command, tryCommand } from './command.ts';
import { runEngine } from './engine.ts';

/**
 * What of a node is on its own disk: kubelet, containerd and our own state below /var/lib, containers' logs below
 * /var/log. The rest of /var is kind's anonymous volume.
 */
const NODE_DISK_FOLDERS = ['/var/lib', '/var/log'] as const;

/** A folder of the host on a node, as kind's configuration has it. */
export interface ExtraMount {
  hostPath: string;
  containerPath: string;
}

const GIB = 2 ** 30;
/** The images of a node and of QuickVirt, packed and unpacked, take about 3 GiB. */
const smallestBytes = 6 * GIB;

/** Bytes of a size such as `8Gi`. Pure. @throws Error when it is none, or too small for the images. */
export function nodeDiskBytes(size: string): number {
  const number = /^(\d+)Gi$/.exec(size)?.[1];
  const bytes = Number(number) * GIB;
  if (number === undefined || bytes < smallestBytes)
    throw new Error(`--node-disk-size ${size}: a whole number of Gi, ${smallestBytes / GIB}Gi at least`);
  return bytes;
}

/**
 * Makes a file system of its own for each worker, with what the node image has in the folders that it will hold: a file
 * through a loop device, which takes only as much of the machine's disk as was written.
 * @returns for each worker its mounts. Call `releaseNodeDisks` when the nodes have them.
 */
export async function makeNodeDisks(
  name: string,
  workers: number,
  sizeBytes: number,
  image: string,
): Promise<ExtraMount[][]> {
  await releaseNodeDisks(name);
  const made: ExtraMount[][] = [];
  for (let index = 0; index < workers; index++) {
    const disk = join(disksFolder(name), String(index));
    mkdirSync(disk, { recursive: true });
    writeFileSync(`${disk}.img`, '');
    truncateSync(`${disk}.img`, sizeBytes);
    // No blocks are kept for root: kubelet, containerd and the guests all find the same disk full.
    await command(['mkfs.ext4', '-q', '-m', '0', `${disk}.img`]);
    await command(['mount', '-o', 'loop', `${disk}.img`, disk]).catch((cause: unknown) => {
      throw new Error('a disk for each worker needs root and loop devices; leave --node-disk-size out', { cause });
    });
    const copy = ['run', '--rm', '--net=none', '--volume', `${disk}:/disk`, '--entrypoint', '/bin/cp', image];
    await runEngine([...copy, '-a', ...NODE_DISK_FOLDERS, '/disk/']);
    made.push(
      NODE_DISK_FOLDERS.map((path) => ({ hostPath: join(disk, path.slice('/var/'.length)), containerPath: path })),
    );
  }
  return made;
}

/**
 * Lets go of the disks of a cluster's workers on this machine: unmounts them and removes their files. A node that has
 * one keeps it; with the node's container the kernel gives loop device and space back, so nothing is left to clean up,
 * even after a crash. Does nothing where there are none.
 */
export async function releaseNodeDisks(name: string): Promise<void> {
  const folder = disksFolder(name);
  if (!existsSync(folder)) return;
  for (const entry of readdirSync(folder)) {
    const path = join(folder, entry);
    // What is removed below must not be a node's.
    while ((await tryCommand(['mountpoint', '--quiet', path])) !== undefined) await command(['umount', '--lazy', path]);
  }
  rmSync(folder, { recursive: true, force: true });
}

/** Whether a node has a disk of its own, which may be filled. */
export async function hasNodeDisk(node: string): Promise<boolean> {
  const mount = ['findmnt', '--noheadings', '--output', 'SOURCE', NODE_DISK_FOLDERS[0]];
  const source = await runEngine(['exec', node, ...mount]).catch(() => '');
  return source.startsWith('/dev/loop');
}

function disksFolder(name: string): string {
  return join(cacheFolder('clusters'), `${name}.disks`);
}
