import { spawn } from 'node:child_process';
import type { CommandResult } from '../control-channel.ts';

/** Runs a program to its end; after `timeoutMs` it is killed and the exit code is 124. */
export async function execute([program = '', ...args]: string[], timeoutMs: number): Promise<CommandResult> {
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  const result = { exitCode: 0, stdout: '', stderr: '' };
  child.stdout.setEncoding('utf8').on('data', (text: string) => (result.stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (result.stderr += text));
  let timedOut = false;
  const timer = setTimeout(() => {
    timedOut = true;
    child.kill('SIGKILL');
  }, timeoutMs);
  try {
    result.exitCode = await new Promise<number>((resolve, reject) => {
      child.once('error', reject);
      child.once('close', (code) => resolve(timedOut ? 124 : (code ?? 1)));
    });
  } finally {
    clearTimeout(timer);
  }
  return result;
}
