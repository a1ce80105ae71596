import { chmod, chown, mkdir, unlink } from 'node:fs/promises';
import type { DeviceNodeFacts } from '@quickvirt/node-plan';
import { openBeneath, openEntry, UnsafePathError, type HeldPath } from './beneath.ts';
import { deviceNumbers } from './device-numbers.ts';
import { exec } from './exec.ts';

/** Read and write for the owner alone. */
const OWNER_ONLY = 0o600;

/**
 * Makes a character device in a container, or corrects the one that is there, for one user alone.
 * @param root the container's root, such as `/proc/PID/root`.
 * @param node `path` as the container is to see it: `/dev/vfio/25`. Its directory is made when it is not there.
 * @throws UnsafePathError when the container put something else in the way.
 */
export async function putDeviceNode(root: string, node: DeviceNodeFacts, owner: number): Promise<void> {
  const { directories, name } = partsOf(node.path);
  await using directory = await openOrMake(root, directories);
  await using made = (await sameNode(directory, name, node)) ?? (await make(directory, name, node));
  await chown(made.path, owner, owner);
  await chmod(made.path, OWNER_ONLY);
}

/** Removes a device node from a container; nothing when it is not there. Throws as putDeviceNode. */
export async function removeDeviceNode(root: string, path: string): Promise<void> {
  const { directories, name } = partsOf(path);
  try {
    await using directory = await openBeneath(root, directories);
    await unlink(`${directory.path}/${name}`);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
}

function partsOf(path: string): { directories: string[]; name: string } {
  const parts = path.split('/').slice(1);
  return { directories: parts.slice(0, -1), name: parts.at(-1) ?? '' };
}

async function openOrMake(root: string, directories: readonly string[]): Promise<HeldPath> {
  let held = await openBeneath(root, []);
  for (const name of directories) {
    await using parent = held;
    await mkdir(`${parent.path}/${name}`, 0o755).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error;
    });
    held = await openEntry(parent, name);
  }
  return held;
}

/** The node when it is that device already; one of another device, left from an earlier use of its name, is removed. */
async function sameNode(directory: HeldPath, name: string, node: DeviceNodeFacts): Promise<HeldPath | undefined> {
  let found: HeldPath;
  try {
    found = await openEntry(directory, name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  const { major, minor } = deviceNumbers(found.stats.rdev);
  if (found.stats.isCharacterDevice() && major === node.major && minor === node.minor) return found;
  await found.close();
  await unlink(`${directory.path}/${name}`);
  return undefined;
}

/** Node has no mknod(2); the program gets the directory by descriptor, so that names cannot lead it elsewhere. */
async function make(directory: HeldPath, name: string, { major, minor }: DeviceNodeFacts): Promise<HeldPath> {
  const args = ['--mode=600', `/proc/self/fd/3/${name}`, 'c', String(major), String(minor)];
  await exec('mknod', args, { descriptors: [directory.fd] });
  const made = await openEntry(directory, name);
  if (made.stats.isCharacterDevice()) return made;
  await made.close();
  throw new UnsafePathError(`${name} in the container was replaced while it was made`);
}
