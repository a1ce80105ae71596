import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { VirtualMachineInstance, Volume } from '@quickvirt/api';
import { eventually } from '@quickvirt/testing';
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { planDisks } from './disk-plan.ts';
import { prepareDisk, type DiskDirectories } from './prepare-disks.ts';

const qemuImg = 'qemu-img';
const xorriso = 'xorriso';
const missing = [qemuImg, xorriso].find((program) => spawnSync(program, ['--version']).error);
if (missing) console.warn(`skipped: disks are not made because ${missing} is not installed`);

(missing ? describe.skip : describe)('prepareDisk', () => {
  let directories: DiskDirectories;
  let image: string;

  beforeEach(() => {
    const directory = mkdtempSync(join(tmpdir(), 'qv-'));
    directories = {
      volumes: join(directory, 'volumes'),
      secrets: join(directory, 'secrets'),
      disks: join(directory, 'disks'),
    };
    image = join(directories.volumes, 'root', 'disk', 'disk.img');
    mkdirSync(join(image, '..'), { recursive: true });
    writeFileSync(image, Buffer.alloc(4096));
  });
  afterEach(() => rmSync(join(directories.disks, '..'), { recursive: true }));

  function prepare(volume: Volume) {
    const vmi: VirtualMachineInstance = {
      metadata: { namespace: 'default', name: 'vm' },
      spec: { domain: { devices: { disks: [{ name: volume.name }] } }, volumes: [volume] },
    };
    return prepareDisk(planDisks(vmi)[0]!, vmi, directories);
  }
  const imageInfo = (path: string) =>
    JSON.parse(execFileSync(qemuImg, ['info', '--output=json', path]).toString()) as Record<string, unknown>;
  const root: Volume = { name: 'root', containerDisk: { image: 'x' } };

  test('lays a qcow2 over the image, once', async () => {
    const facts = await prepare(root);
    const path = join(directories.disks, 'root.qcow2');
    expect(facts).toMatchObject({ path, format: 'qcow2', diesWithPod: true, backing: { path: image, format: 'raw' } });
    expect(imageInfo(path)).toMatchObject({
      'virtual-size': 4096,
      'backing-filename': image,
      'backing-filename-format': 'raw',
    });
    const { ino } = statSync(path);
    expect(await prepare(root)).toEqual(facts);
    expect(statSync(path).ino).toBe(ino);
  });

  test('takes a qcow2 image as one, and refuses one that names another file', async () => {
    execFileSync(qemuImg, ['create', '-q', '-f', 'qcow2', image, '8M']);
    expect(await prepare(root)).toMatchObject({ backing: { format: 'qcow2' } });
    rmSync(join(directories.disks, 'root.qcow2'));
    execFileSync(qemuImg, ['create', '-q', '-f', 'qcow2', '-u', '-F', 'raw', '-b', '/etc/passwd', image, '8M']);
    await expect(prepare(root)).rejects.toMatchObject({
      field: 'spec.volumes[0].containerDisk',
      cause: { name: 'UnsafeDiskImage' },
    });
    const data = `data_file=${join(directories.disks, 'elsewhere')}`;
    execFileSync(qemuImg, ['create', '-q', '-f', 'qcow2', '-o', data, image, '8M']);
    await expect(prepare(root)).rejects.toThrow(/keeps its data in another file/);
  });

  test('follows no link out of the image, and says what is missing', async () => {
    rmSync(image);
    await expect(prepare(root)).rejects.toThrow(/one file in \/disk, it has 0/);
    symlinkSync('/etc/passwd', image);
    await expect(prepare(root)).rejects.toThrow(/points out of the image/);
    const named = { name: 'root', containerDisk: { image: 'x', path: '/custom/my.img' } };
    await expect(prepare(named)).rejects.toThrow(/no file \/custom\/my.img/);
    await expect(prepare({ name: 'other', containerDisk: { image: 'x' } })).rejects.toThrow(/not mounted at/);
  });

  test('makes an empty disk of its size, which a second call leaves alone', async () => {
    const empty: Volume = { name: 'scratch', emptyDisk: { capacity: '1Gi' } };
    const { path } = await prepare(empty);
    expect(imageInfo(path)).toMatchObject({ format: 'qcow2', 'virtual-size': 2 ** 30 });
    writeFileSync(path, 'written by the guest');
    await prepare(empty);
    expect(readFileSync(path, 'utf8')).toBe('written by the guest');
  });

  test('makes a seed that cloud-init finds, the same bytes from the same data', async () => {
    mkdirSync(join(directories.secrets, 'seed'), { recursive: true });
    mkdirSync(join(directories.secrets, 'seed-network'));
    // As the kubelet mounts it.
    writeFileSync(join(directories.secrets, 'seed', '..data'), '');
    writeFileSync(join(directories.secrets, 'seed', 'userdata'), '#cloud-config\n');
    writeFileSync(join(directories.secrets, 'seed-network', 'networkdata'), 'version: 2\n');
    const source = { secretRef: { name: 'a' }, networkDataSecretRef: { name: 'b' } };
    const volume: Volume = { name: 'seed', cloudInitNoCloud: source };
    const { path } = await prepare(volume);
    const first = readFileSync(path);
    // ISO 9660, ECMA-119 section 8.4: the primary volume descriptor is sector 16, the volume's name at byte 41 of it.
    expect(first.toString('latin1', 16 * 2048 + 40, 16 * 2048 + 46)).toBe('cidata');
    const listed = execFileSync(xorriso, ['-indev', path, '-find', '/', '-type', 'f'], { stdio: 'pipe' }).toString();
    expect(listed.split('\n').filter(Boolean).sort()).toEqual(["'/meta-data'", "'/network-config'", "'/user-data'"]);
    expect(first.includes('#cloud-config')).toBe(true);
    rmSync(path);
    // A file system's times have seconds in an ISO: in the next one the bytes are still the same.
    const second = Math.floor(Date.now() / 1000);
    await eventually(() => Math.floor(Date.now() / 1000) > second);
    await prepare(volume);
    expect(readFileSync(path).equals(first)).toBe(true);
  });
});
