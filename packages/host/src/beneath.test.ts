import { createServer } from 'node:net';
import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { openBeneath, UnsafePathError } from './beneath.ts';
import { waitInDirectory } from './directory-watch.ts';

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'beneath-'));
  await mkdir(join(root, 'pods/uid/volumes'), { recursive: true });
  await writeFile(join(root, 'secret'), 'secret');
  await writeFile(join(root, 'pods/uid/volumes/file'), 'mine');
});
afterEach(() => rm(root, { recursive: true }));

const open = (...components: string[]) => openBeneath(join(root, 'pods'), components);

describe('openBeneath', () => {
  test('holds a file whose path reads it', async () => {
    await using held = await open('uid', 'volumes', 'file');
    expect(held.stats.isFile()).toBe(true);
    expect(await readFile(held.path, 'utf8')).toBe('mine');
  });

  test('keeps the same inode when the name is swapped under it', async () => {
    await using held = await open('uid', 'volumes', 'file');
    await rename(join(root, 'pods/uid/volumes/file'), join(root, 'pods/uid/volumes/old'));
    await symlink(join(root, 'secret'), join(root, 'pods/uid/volumes/file'));
    expect(await readFile(held.path, 'utf8')).toBe('mine');
  });

  test.each([
    ['a link at the end', 'volumes/link', '../../../secret'],
    ['an absolute link at the end', 'volumes/link', '/etc/passwd'],
    ['a dangling link', 'volumes/link', 'nowhere'],
  ])('refuses %s', async (_name, path, target) => {
    await symlink(target, join(root, 'pods/uid', path));
    await expect(open('uid', ...path.split('/'))).rejects.toThrow(UnsafePathError);
  });

  test('refuses a link on the way', async () => {
    await symlink(root, join(root, 'pods/uid/away'));
    await expect(open('uid', 'away', 'secret')).rejects.toThrow(UnsafePathError);
  });

  test.each([['..'], ['.'], [''], ['a/b'], ['a\0b']])('refuses the name %j', async (name) => {
    await expect(open('uid', name)).rejects.toThrow(UnsafePathError);
  });

  test('refuses a file on the way', async () => {
    await expect(open('uid', 'volumes', 'file', 'x')).rejects.toThrow(UnsafePathError);
  });

  test('tells what is not there by ENOENT', async () => {
    await expect(open('uid', 'absent')).rejects.toMatchObject({ code: 'ENOENT' });
  });
});

describe('waitInDirectory', () => {
  test('sees what is there and what comes', async () => {
    const directory = join(root, 'pods/uid');
    const look = () =>
      open('uid', 'launcher.sock').then(
        async (held) => {
          await held.close();
          return held.stats.isSocket() ? 'socket' : undefined;
        },
        () => undefined,
      );
    const waiting = waitInDirectory(directory, look, AbortSignal.timeout(4000));
    const server = createServer().listen(join(directory, 'launcher.sock'));
    await once(server, 'listening');
    expect(await waiting).toBe('socket');
    expect(await waitInDirectory(directory, look, AbortSignal.timeout(4000))).toBe('socket');
    server.close();
  });

  test('ends with the abort', async () => {
    const controller = new AbortController();
    const waiting = waitInDirectory(root, async () => undefined, controller.signal);
    controller.abort(new Error('stop'));
    await expect(waiting).rejects.toThrow('stop');
  });
});
