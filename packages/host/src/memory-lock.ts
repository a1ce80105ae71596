import { readFile } from 'node:fs/promises';
import { exec } from './exec.ts';
import { isStillInPod, podProcesses } from './pod-processes.ts';

/**
 * Lets every process of a pod lock so much memory, and what they start from then on (RLIMIT_MEMLOCK, setrlimit(2)); those
 * that may already are left alone. A limit is never lowered. Needs CAP_SYS_RESOURCE.
 * @returns how many processes were given a higher limit.
 * @throws ExecError when the node refuses.
 */
export async function raiseMemoryLock(podUid: string, bytes: bigint, proc = '/proc'): Promise<number> {
  let raised = 0;
  for (const process of await podProcesses(podUid, proc)) {
    const limit = memoryLockOf(await limitsOf(process.pid, proc));
    if (!limit || limit.soft >= bytes || !(await isStillInPod(process, podUid, proc))) continue;
    const hard = limit.hard > bytes ? limit.hard : bytes;
    const shown = hard === UNLIMITED ? 'unlimited' : String(hard);
    await exec('prlimit', ['--pid', String(process.pid), `--memlock=${bytes}:${shown}`]);
    raised += 1;
  }
  return raised;
}

/** RLIM_INFINITY of getrlimit(2). */
const UNLIMITED = 2n ** 64n - 1n;

/** The limits of locked memory in a `/proc/PID/limits` (proc_pid_limits(5)), in bytes; undefined when it has none. */
export function memoryLockOf(limits: string): { soft: bigint; hard: bigint } | undefined {
  const [, soft, hard] = /^Max locked memory\s+(\S+)\s+(\S+)/m.exec(limits) ?? [];
  const bytes = (text: string) => (text === 'unlimited' ? UNLIMITED : BigInt(text));
  return soft && hard ? { soft: bytes(soft), hard: bytes(hard) } : undefined;
}

/** Empty when the process is gone. */
async function limitsOf(pid: number, proc: string): Promise<string> {
  return readFile(`${proc}/${pid}/limits`, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' || error.code === 'ESRCH') return '';
    throw error;
  });
}
