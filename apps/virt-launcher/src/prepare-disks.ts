import { constants } from 'node:fs';
import { mkdir, mkdtemp, open, readdir, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { VirtualMachineInstance } from '@quickvirt/api';
import type { DiskVolumeFacts } from '@quickvirt/domain-xml';
import { seedImage, type SecretFiles } from './cloud-init.ts';
import { DISK_HEADER_BYTES, identifyDiskImage, type DiskImage } from './disk-image.ts';
import type { DiskStep } from './disk-plan.ts';
import { FieldError } from './field-error.ts';
import { fileWithin, mountedImage } from './file-within.ts';
import { runProgram } from './run-program.ts';

/** Where volumes come from and disks go to. */
export interface DiskDirectories {
  volumes: string;
  secrets: string;
  disks: string;
}

/** A Secret's file is read up to here; more is an error of its volume. */
const MAX_SECRET_FILE_BYTES = 1024 * 1024;

/**
 * Makes one disk and tells what it is. What is there already stays as it is: the guest may have written to it.
 * @throws FieldError that names the volume.
 */
export async function prepareDisk(
  step: DiskStep,
  vmi: VirtualMachineInstance,
  directories: DiskDirectories,
): Promise<DiskVolumeFacts> {
  await mkdir(directories.disks, { recursive: true });
  try {
    switch (step.kind) {
      case 'overlay':
        return await prepareOverlay(step, directories);
      case 'emptyDisk':
        return await prepareEmptyDisk(step, directories);
      case 'seed':
        return await prepareSeed(step, vmi, directories);
    }
  } catch (cause) {
    throw new FieldError(step.field, cause instanceof Error ? cause.message : String(cause), { cause });
  }
}

async function prepareOverlay(
  step: Extract<DiskStep, { kind: 'overlay' }>,
  { volumes, disks }: DiskDirectories,
): Promise<DiskVolumeFacts> {
  const backingPath = await findImage(join(volumes, step.volumeName), step.imagePath);
  const image = await identifyFile(backingPath);
  const path = join(disks, `${step.volumeName}.qcow2`);
  await makeOnce(path, async (target) => {
    // With -u qemu-img does not open the image: its size is known.
    const backing = ['-u', '-F', image.format, '-b', backingPath];
    await runProgram('qemu-img', ['create', '-q', '-f', 'qcow2', ...backing, target, String(image.virtualSizeBytes)]);
  });
  return {
    kind: 'file',
    path,
    format: 'qcow2',
    directIo: await takesDirectIo(path),
    diesWithPod: true,
    backing: { path: backingPath, format: image.format, kind: 'file' },
  };
}

async function prepareEmptyDisk(
  step: Extract<DiskStep, { kind: 'emptyDisk' }>,
  { disks }: DiskDirectories,
): Promise<DiskVolumeFacts> {
  const path = join(disks, `${step.volumeName}.qcow2`);
  await makeOnce(path, (target) =>
    runProgram('qemu-img', ['create', '-q', '-f', 'qcow2', target, String(step.capacityBytes)]),
  );
  return { kind: 'file', path, format: 'qcow2', directIo: await takesDirectIo(path), diesWithPod: true };
}

async function prepareSeed(
  step: Extract<DiskStep, { kind: 'seed' }>,
  vmi: VirtualMachineInstance,
  { secrets, disks }: DiskDirectories,
): Promise<DiskVolumeFacts> {
  const path = join(disks, `${step.volumeName}.iso`);
  await makeOnce(path, async (target) => {
    const userData = await readSecret(join(secrets, step.volumeName));
    const networkData = await readSecret(join(secrets, `${step.volumeName}-network`));
    const { volumeLabel, files } = seedImage(vmi, step.volume, { userData, networkData });
    const tree = await mkdtemp(join(disks, '.seed-'));
    try {
      for (const [name, content] of files) {
        await mkdir(dirname(join(tree, name)), { recursive: true });
        await writeFile(join(tree, name), content, { mode: 0o600 });
      }
      const iso = ['-as', 'mkisofs', '-quiet', '-volid', volumeLabel, '-joliet', '-rock', '-o', target, tree];
      // One date for all: the same data gives the same bytes. xorriso takes the files' own, and its own from the variable.
      for (const name of await readdir(tree, { recursive: true })) await utimes(join(tree, name), 0, 0);
      await utimes(tree, 0, 0);
      await runProgram('xorriso', iso, { SOURCE_DATE_EPOCH: '0' });
    } finally {
      await rm(tree, { recursive: true });
    }
  });
  return { kind: 'file', path, format: 'raw', directIo: await takesDirectIo(path), diesWithPod: true };
}

/** Makes a file under another name first, so that a half-made one is never taken for it. */
async function makeOnce(path: string, make: (target: string) => Promise<void>): Promise<void> {
  const exists = await stat(path).then(
    () => true,
    () => false,
  );
  if (exists) return;
  const unfinished = `${path}.part`;
  await rm(unfinished, { force: true });
  await make(unfinished);
  await rename(unfinished, path);
}

/** The image's file in a containerDisk's volume. */
async function findImage(volume: string, imagePath: string | undefined): Promise<string> {
  const image = await mountedImage(volume);
  return fileWithin(image, imagePath ?? join('disk', await onlyFileIn(join(image, 'disk'))));
}

async function onlyFileIn(directory: string): Promise<string> {
  const names = await readdir(directory).catch((): string[] => []);
  const [name] = names;
  if (name === undefined || names.length > 1) {
    throw new Error(`the image must have one file in /disk, it has ${names.length}; set containerDisk.path`);
  }
  return name;
}

async function identifyFile(path: string): Promise<DiskImage> {
  const file = await open(path, 'r');
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(DISK_HEADER_BYTES), { position: 0 });
    return identifyDiskImage(buffer.subarray(0, bytesRead), (await file.stat()).size);
  } finally {
    await file.close();
  }
}

/** Whether the file system of a file takes O_DIRECT (tmpfs and some network file systems do not). */
async function takesDirectIo(path: string): Promise<boolean> {
  const file = await open(path, constants.O_RDONLY | constants.O_DIRECT).catch(() => undefined);
  await file?.close();
  return file !== undefined;
}

/** A mounted Secret's files; empty when the volume has none. Keys are links to `..data`, which the kubelet swaps. */
async function readSecret(directory: string): Promise<SecretFiles> {
  const names = await readdir(directory).catch((): string[] => []);
  const keys = names.filter((name) => !name.startsWith('..'));
  const files = await Promise.all(
    keys.map(async (key): Promise<[string, Buffer]> => {
      const path = join(directory, key);
      const { size } = await stat(path);
      if (size > MAX_SECRET_FILE_BYTES) throw new Error(`key ${key} of the Secret has ${size} bytes`);
      return [key, await readFile(path)];
    }),
  );
  return new Map(files);
}
