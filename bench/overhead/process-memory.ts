import { readFileSync } from 'node:fs';

/** Memory of one process, KiB (proc(5): /proc/PID/smaps and status). */
export interface HeldMemory {
  rssKiB: number;
  /** A page that n processes map counts as 1/n. */
  pssKiB: number;
  /** What the kernel cannot drop when memory is short: anonymous pages, page tables, kernel stacks of the threads. */
  heldKiB: number;
}

/** A kernel stack and its task (Linux on x86-64: 16 KiB and about 10). */
const THREAD_KIB = 26;
/** Memory that is both written and run: QEMU's buffers of translated code, one for each few vCPUs. */
const CODE_BUFFER = /^\S+ rwx/;

/**
 * Reads a process, without buffers of translated code, and without mappings of a size: the guest's RAM.
 * @throws when the process has ended.
 */
export function processMemory(pid: number, guestKiB?: number): HeldMemory {
  const sum: HeldMemory = { rssKiB: 0, pssKiB: 0, heldKiB: 0 };
  for (const mapping of readFileSync(`/proc/${pid}/smaps`, 'utf8').split(/^(?=[0-9a-f]+-[0-9a-f]+ )/m)) {
    const field = (name: string): number => Number(new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(mapping)?.[1] ?? 0);
    if (CODE_BUFFER.test(mapping) || field('Size') === guestKiB) continue;
    sum.rssKiB += field('Rss');
    sum.pssKiB += field('Pss');
    sum.heldKiB += field('Anonymous');
  }
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const own = (name: string): number => Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(status)?.[1] ?? 0);
  const kernelKiB = own('VmPTE') + own('Threads') * THREAD_KIB;
  sum.heldKiB += kernelKiB;
  sum.pssKiB += kernelKiB;
  return sum;
}

/** The most of each figure. */
export const most = (one: HeldMemory, other: HeldMemory): HeldMemory => ({
  rssKiB: Math.max(one.rssKiB, other.rssKiB),
  pssKiB: Math.max(one.pssKiB, other.pssKiB),
  heldKiB: Math.max(one.heldKiB, other.heldKiB),
});
