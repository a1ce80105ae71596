import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, mkdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { memoryLockOf, raiseMemoryLock } from './memory-lock.ts';

const POD = '0b7d3c0e-4f6b-4b0a-9d51-2c1f0f1f9e11';
const KiB = 1024n;

test('memoryLockOf reads bytes and no limit', () => {
  const limits = (values: string) => `Limit  Soft Limit  Hard Limit  Units\nMax locked memory  ${values}  bytes\n`;
  expect(memoryLockOf(limits('65536  8388608'))).toEqual({ soft: 65536n, hard: 8388608n });
  expect(memoryLockOf(limits('65536  unlimited'))?.hard).toBe(2n ** 64n - 1n);
  expect(memoryLockOf('')).toBeUndefined();
});

/** A process with a hard limit of 1 MiB, and a /proc that says it is in the pod. */
describe('raiseMemoryLock', () => {
  let child: ChildProcess;
  let proc: string;

  beforeEach(async () => {
    child = spawn('prlimit', ['--memlock=65536:1048576', 'cat'], { stdio: ['pipe', 'pipe', 'ignore'] });
    // It echoes once it runs as the program that was asked for.
    child.stdin?.write('ready\n');
    await once(child.stdout!, 'data');
    proc = await mkdtemp(join(tmpdir(), 'proc'));
    const directory = join(proc, String(child.pid));
    await mkdir(directory);
    await writeFile(join(directory, 'cgroup'), `0::/kubepods/pod${POD}/compute\n`);
    for (const name of ['stat', 'limits']) await symlink(`/proc/${child.pid}/${name}`, join(directory, name));
  });

  afterEach(async () => {
    child.kill('SIGKILL');
    await once(child, 'close');
    await rm(proc, { recursive: true });
  });

  const limit = async () => memoryLockOf(await readFile(`/proc/${child.pid}/limits`, 'utf8'));

  test('raises what is lower, and lowers nothing', async () => {
    expect(await raiseMemoryLock(POD, 512n * KiB, proc)).toBe(1);
    expect(await limit()).toEqual({ soft: 512n * KiB, hard: 1024n * KiB });
    expect(await raiseMemoryLock(POD, 256n * KiB, proc)).toBe(0);
    expect(await limit()).toEqual({ soft: 512n * KiB, hard: 1024n * KiB });
  });

  test('leaves other pods alone', async () => {
    expect(await raiseMemoryLock('another', 512n * KiB, proc)).toBe(0);
    expect(await limit()).toEqual({ soft: 64n * KiB, hard: 1024n * KiB });
  });

  const mayRaise = canRaise();
  if (!mayRaise) console.log('raiseMemoryLock beyond the hard limit: skipped, it needs CAP_SYS_RESOURCE');
  (mayRaise ? test : test.skip)('raises the hard limit too', async () => {
    expect(await raiseMemoryLock(POD, 3n * 1024n * 1024n * KiB, proc)).toBe(1);
    expect(await limit()).toEqual({ soft: 3n * 1024n * 1024n * KiB, hard: 3n * 1024n * 1024n * KiB });
  });
});

function canRaise(): boolean {
  try {
    execFileSync('prlimit', ['--memlock=3221225472:3221225472', 'true'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}
