import { describe, expect, test } from '@jest/globals';
import { exec, ExecError } from './exec.ts';

describe('exec', () => {
  test('gives input and takes output', async () => {
    expect(await exec('cat', [], { input: 'rules' })).toEqual({ stdout: 'rules', stderr: '' });
  });

  test('hands descriptors over as 3, 4, ...', async () => {
    const { openSync, closeSync } = await import('node:fs');
    const fd = openSync('/proc/self/ns/net', 'r');
    const { stdout } = await exec('readlink', ['/proc/self/fd/3'], { descriptors: [fd] });
    closeSync(fd);
    expect(stdout).toMatch(/^net:\[\d+\]/);
  });

  test('an end with another code than 0 is an ExecError with what was said', async () => {
    const error = await exec('sh', ['-c', 'echo no >&2; exit 3']).catch((failure: unknown) => failure);
    expect(error).toBeInstanceOf(ExecError);
    expect(error).toMatchObject({ exitCode: 3, stderr: 'no\n' });
  });

  test('a program that is not there, or takes too long', async () => {
    await expect(exec('quickvirt-no-such-program', [])).rejects.toThrow(/ENOENT/);
    await expect(exec('sh', ['-c', 'kill -9 $$'])).rejects.toThrow(/was killed by SIGKILL/);
    await expect(exec('sleep', ['60'], { timeoutMs: 50 })).rejects.toThrow(/sleep 60 had not ended after 50 ms/);
  });
});
