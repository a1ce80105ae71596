import { readFileSync } from 'node:fs';

/** Memory of one process, KiB. */
export interface HeldMemory {
  /**
   * What the kernel cannot drop when memory is short: anonymous pages, page tables, and kernel stacks of the threads. A
   * guest's RAM that lies in a memfd is no part of it.
   */
  heldKiB: number;
  /** Where a page that n processes map counts as 1/n, without the guest's RAM; files of the program and its libraries, too. */
  pssKiB: number;
}

/** A kernel stack and its task (Linux on x86-64: 16 KiB and about 10). */
const THREAD_KIB = 26;

/** What a process holds now (proc(5), /proc/PID/status). @throws when the process has ended. */
export function heldKiB(pid: number): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const field = (name: string): number => Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(status)?.[1] ?? 0);
  return field('RssAnon') + field('VmPTE') + field('Threads') * THREAD_KIB;
}

/**
 * Reads a process (proc(5), /proc/PID/smaps).
 * @param guestKiB a mapping of this size is the guest's RAM and left out.
 * @throws when the process has ended.
 */
export function processMemory(pid: number, guestKiB?: number): HeldMemory {
  let pssKiB = 0;
  for (const mapping of readFileSync(`/proc/${pid}/smaps`, 'utf8').split(/^(?=[0-9a-f]+-[0-9a-f]+ )/m)) {
    const field = (name: string): number => Number(new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(mapping)?.[1] ?? 0);
    if (field('Size') !== guestKiB) pssKiB += field('Pss');
  }
  return { heldKiB: heldKiB(pid), pssKiB };
}
