import { readdir, readFile } from 'node:fs/promises';

/** One process of a pod. */
export interface PodProcess {
  pid: number;
  /** Clock ticks since boot at which it began: with the pid, its identity (proc_pid_stat(5), field 22). */
  startTicks: number;
}

/**
 * Whether a `/proc/PID/cgroup` is that of a process in the pod: cgroup v1 and v2, and both of the kubelet's drivers
 * (`pod<uid>` with dashes by cgroupfs, with underscores by systemd). Pure.
 */
export function isInPod(cgroups: string, podUid: string): boolean {
  const names = [`pod${podUid}`, `pod${podUid.replaceAll('-', '_')}`];
  return cgroups.split('\n').some((line) => {
    const path = line.slice(line.indexOf(':', line.indexOf(':') + 1) + 1);
    return path.split('/').some((part) => names.some((name) => part === name || part.endsWith(`-${name}.slice`)));
  });
}

/** A pod's part of a cgroup's path, as both drivers of the kubelet write it. */
const POD_PART = /(?:^|-)pod([0-9a-f]{8}(?:[-_][0-9a-f]{4}){3}[-_][0-9a-f]{12})(?:\.slice)?$/;

/** Uids of the pods that a process is in by its `/proc/PID/cgroup`; of pods that lie in pods (kind's), the inner. Pure. */
export function innermostPods(cgroups: string): Set<string> {
  const pods = cgroups.split('\n').flatMap((line) => {
    const part = line.split('/').findLast((name) => POD_PART.test(name));
    return part === undefined ? [] : [(POD_PART.exec(part)?.[1] ?? '').replaceAll('_', '-')];
  });
  return new Set(pods);
}

/**
 * The pod's processes, oldest first, as the cgroups say: a pod cannot move its processes out of its cgroup, nor into
 * another's. Needs the host's PID namespace.
 */
export async function podProcesses(podUid: string, proc = '/proc'): Promise<PodProcess[]> {
  const pids = (await readdir(proc)).filter((name) => /^\d+$/.test(name)).map(Number);
  const found = await Promise.all(pids.map((pid) => processInPod(pid, podUid, proc)));
  return found.filter((process) => process !== undefined).toSorted((a, b) => a.startTicks - b.startTicks);
}

/** Whether that very process still is in the pod: to ask again once its namespace is open. */
export async function isStillInPod(process: PodProcess, podUid: string, proc = '/proc'): Promise<boolean> {
  const found = await processInPod(process.pid, podUid, proc);
  return found?.startTicks === process.startTicks;
}

async function processInPod(pid: number, podUid: string, proc: string): Promise<PodProcess | undefined> {
  try {
    if (!isInPod(await readFile(`${proc}/${pid}/cgroup`, 'utf8'), podUid)) return undefined;
    return { pid, startTicks: startTicksOf(await readFile(`${proc}/${pid}/stat`, 'utf8')) };
  } catch (error) {
    // Processes come and go while they are listed.
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ESRCH') return undefined;
    throw error;
  }
}

/** The command's name, in parentheses, may hold anything; the fields begin behind its last parenthesis. */
function startTicksOf(stat: string): number {
  return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]);
}
