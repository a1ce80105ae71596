import { mkdir, mkdtemp, rm, symlink, writeFile, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { Sysfs, SysfsError } from './sysfs.ts';

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'sysfs'));
  await mkdir(join(root, 'bus/pci'), { recursive: true });
  await writeFile(join(root, 'bus/numa_node'), '-1\n');
  await symlink('../devices/vfio-pci', join(root, 'bus/driver'));
});
afterEach(() => rm(root, { recursive: true }));

const code = (expected: string) => expect.objectContaining({ name: 'SysfsError', code: expected });

describe('reading', () => {
  test('gives text, numbers, the names of links and of entries', async () => {
    const sysfs = new Sysfs(root);
    expect(await sysfs.read('bus/numa_node')).toBe('-1');
    expect(await sysfs.readNumber('bus/numa_node')).toBe(-1);
    expect(await sysfs.linkName('bus/driver')).toBe('vfio-pci');
    expect((await sysfs.list('bus')).toSorted()).toEqual(['driver', 'numa_node', 'pci']);
  });

  test('gives nothing for what is not there', async () => {
    const sysfs = new Sysfs(root);
    expect(await sysfs.read('bus/none')).toBeUndefined();
    expect(await sysfs.read('bus/numa_node/none')).toBeUndefined();
    expect(await sysfs.readNumber('none')).toBeUndefined();
    expect(await sysfs.linkName('none')).toBeUndefined();
    expect(await sysfs.list('none')).toEqual([]);
  });

  test('says what else goes wrong, with its code', async () => {
    await expect(new Sysfs(root).read('bus')).rejects.toEqual(code('EISDIR'));
  });

  test('never leaves its root', async () => {
    await expect(new Sysfs(join(root, 'bus')).read('../bus/numa_node')).rejects.toEqual(code('EINVAL'));
  });
});

describe('writing', () => {
  test('writes what is there and makes nothing', async () => {
    const sysfs = new Sysfs(root);
    await sysfs.write('bus/numa_node', '0');
    expect(await readFile(join(root, 'bus/numa_node'), 'utf8')).toMatch(/^0/);
    await expect(sysfs.write('bus/none', '0')).rejects.toEqual(code('ENOENT'));
    expect(await sysfs.read('bus/none')).toBeUndefined();
  });

  test("keeps the kernel's error, and its cause", async () => {
    const busy = Object.assign(new Error('busy'), { code: 'EBUSY' });
    const sysfs = new Sysfs(root, { writeAttribute: () => Promise.reject(busy) });
    const error = await sysfs.write('bus/numa_node', '0').catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(SysfsError);
    expect(error).toMatchObject({ code: 'EBUSY', path: 'bus/numa_node', cause: busy });
  });

  test('does not wait for ever, and refuses a second write while the first waits in the kernel', async () => {
    const kernel = Promise.withResolvers<void>();
    const sysfs = new Sysfs(root, { writeAttribute: () => kernel.promise });
    await expect(sysfs.write('bus/numa_node', '0', 1)).rejects.toEqual(code('ETIMEDOUT'));
    await expect(sysfs.write('bus/numa_node', '0', 1)).rejects.toEqual(code('EINPROGRESS'));
    kernel.resolve();
    await kernel.promise;
    await new Promise(setImmediate);
    await expect(sysfs.write('bus/numa_node', '0')).resolves.toBeUndefined();
  });
});
