import { spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execute } from './execute.ts';

const RUNC = 'runc';
const RUNC_ROOT = ['--root', '/run/runc'];

/** A container that was started. */
export interface RunningContainer {
  /** Its exit code. */
  ended: Promise<number>;
  /** Sends a signal to its first process; nothing once it has ended. */
  kill(signal: 'TERM' | 'KILL'): Promise<void>;
}

/** Starts a container by runc. Its output goes to `logPath`. */
export async function startContainer(id: string, config: object, logPath: string): Promise<RunningContainer> {
  const bundle = join('/run/containers', id);
  await mkdir(bundle, { recursive: true });
  await writeFile(join(bundle, 'config.json'), JSON.stringify(config));
  const log = openSync(logPath, 'a');
  const child = spawn(RUNC, [...RUNC_ROOT, 'run', '--bundle', bundle, id], { stdio: ['ignore', log, log] });
  closeSync(log);
  const ended = new Promise<number>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => resolve(code ?? 137));
  });
  return {
    ended,
    kill: async (signal) => void (await execute([RUNC, ...RUNC_ROOT, 'kill', id, signal], 10_000)),
  };
}
