import { readdir, readFile } from 'node:fs/promises';
import { HOST_CGROUP_MOUNT } from './cgroup-mount.ts';
import { DirectoryWatch } from './directory-watch.ts';
import { innermostPods, isInPod } from './pod-processes.ts';

export interface PodEndOptions {
  proc?: string;
  /** Where the node's hierarchies are mounted. Default: as the node's first process sees them. */
  cgroupMount?: string;
}

/** This process cannot tell whether a pod has processes: it does not see those of any other pod in their cgroups. */
export class PodsNotSeen extends Error {
  override name = 'PodsNotSeen';
}

/**
 * Resolves once no thread of any process of the pod is left on this node: its cgroups say which are, and the kernel puts
 * every child into its parent's. Wakes when one of the pod's cgroups is emptied (v2) or removed (v1 and v2), by inotify.
 * For pods whose containers were started before: one that has none yet looks like one that has ended.
 * @throws PodsNotSeen where an empty answer would prove nothing; the signal's reason when aborted; Error when the pod's
 * cgroup cannot be watched: it may be gone by now, ask again.
 */
export async function untilPodHasEnded(
  podUid: string,
  signal: AbortSignal,
  { proc = '/proc', cgroupMount = HOST_CGROUP_MOUNT }: PodEndOptions = {},
): Promise<void> {
  for (;;) {
    signal.throwIfAborted();
    const cgroups = await cgroupsOfPod(podUid, proc);
    if (cgroups === undefined) return;
    await nextChange(podUid, cgroupDirectories(cgroups, podUid, cgroupMount), { proc, signal });
  }
}

/** Watches first and looks again then, so that no end falls between. */
async function nextChange(
  podUid: string,
  directories: readonly string[],
  { proc, signal }: { proc: string; signal: AbortSignal },
): Promise<void> {
  const changed = Promise.withResolvers<void>();
  changed.promise.catch(() => undefined);
  const abort = () => changed.reject(signal.reason);
  using _watch = watchFirst(directories, changed);
  signal.throwIfAborted();
  signal.addEventListener('abort', abort, { once: true });
  try {
    if ((await cgroupsOfPod(podUid, proc)) !== undefined) await changed.promise;
  } finally {
    signal.removeEventListener('abort', abort);
  }
}

/** Of one cgroup the node may have it in another hierarchy than expected. @throws Error when it is in none. */
function watchFirst(directories: readonly string[], changed: PromiseWithResolvers<void>): DirectoryWatch {
  const failures: unknown[] = [];
  for (const directory of directories) {
    try {
      return new DirectoryWatch(directory, () => changed.resolve(), changed.reject);
    } catch (error) {
      failures.push(error);
    }
  }
  throw new AggregateError(
    failures,
    `no cgroup of the pod can be watched: ${directories.join(', ') || 'none is ours'}`,
  );
}

/**
 * The pod's own directory in each hierarchy, from the `/proc/PID/cgroup` of one of its processes (cgroups(7)); v2 first:
 * there the last process' end itself is told. A path that leads out of our cgroup namespace is none.
 */
function cgroupDirectories(cgroups: string, podUid: string, cgroupMount: string): string[] {
  const found = cgroups.split('\n').flatMap((line) => {
    const [id, controllers = '', ...rest] = line.split(':');
    const parts = rest.join(':').split('/');
    const depth = parts.findIndex((part) => isInPod(`0::/${part}`, podUid));
    if (depth < 0 || parts.includes('..')) return [];
    const path = parts.slice(0, depth + 1).join('/');
    if (id === '0') return [`${cgroupMount}${path}`, `${cgroupMount}/unified${path}`];
    return [`${cgroupMount}/${controllers.replace(/^name=/, '')}${path}`];
  });
  // `0::` is the last line of a node that has both.
  return found.toReversed();
}

/** The cgroups of one thread of the pod; undefined when none is left. @throws PodsNotSeen */
async function cgroupsOfPod(podUid: string, proc: string): Promise<string | undefined> {
  const pids = (await readdir(proc)).filter((name) => /^\d+$/.test(name));
  const all = (await Promise.all(pids.map((pid) => cgroupsOfProcess(`${proc}/${pid}`)))).flat();
  const found = all.find((cgroups) => isInPod(cgroups, podUid));
  if (found !== undefined) return found;
  // In a container's own PID namespace process 1 is of its pod, and so are all others.
  const first = innermostPods(await readFile(`${proc}/1/cgroup`, 'utf8'));
  const seesOthers = all.some((cgroups) => [...innermostPods(cgroups)].some((uid) => !first.has(uid)));
  if (seesOthers) return undefined;
  throw new PodsNotSeen(
    'no process of any pod is seen in its cgroup: virt-handler needs hostPID, and the kubelet cgroups per pod ' +
      '(cgroupsPerQOS); ends of pods that were removed by force are taken for sure after a time only',
  );
}

/**
 * Of a process that lives, its own; of one that has ended but for some threads, which may hang in the kernel with its
 * memory and files, theirs: cgroup v1 shows an ended one in the root.
 */
async function cgroupsOfProcess(directory: string): Promise<string[]> {
  const leader = await threadOf(directory);
  if (!leader?.hasEnded) return leader ? [leader.cgroups] : [];
  const names = (await passed(() => readdir(`${directory}/task`))) ?? [];
  const threads = await Promise.all(names.map((tid) => threadOf(`${directory}/task/${tid}`)));
  return threads.flatMap((thread) => (thread && !thread.hasEnded ? [thread.cgroups] : []));
}

async function threadOf(directory: string): Promise<{ cgroups: string; hasEnded: boolean } | undefined> {
  return passed(async () => {
    const cgroups = await readFile(`${directory}/cgroup`, 'utf8');
    // The state comes behind the command's name in parentheses (proc_pid_stat(5)), which may hold anything.
    const stat = await readFile(`${directory}/stat`, 'utf8');
    return { cgroups, hasEnded: /^[ZXx]/.test(stat.slice(stat.lastIndexOf(')') + 2)) };
  });
}

/** Undefined for what is not there any more. */
async function passed<T>(act: () => Promise<T>): Promise<T | undefined> {
  try {
    return await act();
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ESRCH') return undefined;
    throw error;
  }
}
