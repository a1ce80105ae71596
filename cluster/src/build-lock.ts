import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { cacheFolder } from './cache.ts';

/**
 * Runs an action while no other process of this user's cache runs one under the same name: two test runs that start
 * together build a thing once. The kernel holds the lock (flock(2), by util-linux' flock), so that a process that dies
 * leaves none behind.
 */
export async function withBuildLock<T>(name: string, action: () => Promise<T>): Promise<T> {
  const path = join(cacheFolder('locks'), name);
  const holder = spawn('flock', [path, 'sh', '-c', 'echo held; exec cat'], { stdio: ['pipe', 'pipe', 'inherit'] });
  const ended = once(holder, 'close');
  const failed = ended.then(() => {
    throw new Error(`cannot lock ${path}: flock of util-linux ended`);
  });
  failed.catch(() => undefined);
  await Promise.race([once(holder.stdout, 'data'), failed]);
  try {
    return await action();
  } finally {
    holder.stdin.end();
    await ended;
  }
}
