import { readFile } from 'node:fs/promises';

/** Counters of the container's own cgroup: version 2, then version 1. */
const COUNTER_FILES = ['/sys/fs/cgroup/memory.events', '/sys/fs/cgroup/memory/memory.oom_control'];

/**
 * How many processes of this container the kernel's OOM killer took (kernel: cgroup-v2.rst `memory.events`, v1
 * `memory.oom_control`); 0 where it does not tell.
 */
export async function readOomKills(): Promise<number> {
  for (const path of COUNTER_FILES) {
    const text = await readFile(path, 'utf8').catch(() => '');
    const count = parseOomKills(text);
    if (count !== undefined) return count;
  }
  return 0;
}

/** The `oom_kill` line of either version's file. */
export function parseOomKills(text: string): number | undefined {
  const match = /^oom_kill (\d+)$/m.exec(text);
  return match ? Number(match[1]) : undefined;
}
