import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { CpuQuota } from '@quickvirt/node-plan';
import { HOST_CGROUP_MOUNT } from './cgroup-mount.ts';

/** What is done to the CPU quotas of a pod. */
export interface CpuQuotaChange {
  version: 1 | 2;
  /** Where the pod's cgroup can be, below the hierarchy's mount; those that are not there are passed over. */
  podPaths: readonly string[];
  /** No child may have more than its parent (cgroup v1): a limit is raised from the pod inward, and lowered outward. */
  order: 'inward' | 'outward';
  /** The quota to write; undefined leaves it. */
  change: (quota: CpuQuota) => CpuQuota | undefined;
  /** Where the node's hierarchies are mounted. Default: as the node's first process sees them. */
  cgroupMount?: string;
}

/**
 * Changes the CPU quotas of a pod's cgroup and of its containers'. What ends meanwhile is passed over.
 * @returns how many were changed.
 * @throws Error when the kernel refuses one.
 */
export async function changePodCpuQuotas(options: CpuQuotaChange): Promise<number> {
  const { version, podPaths, order, change, cgroupMount = HOST_CGROUP_MOUNT } = options;
  const root = version === 1 ? join(cgroupMount, 'cpu') : cgroupMount;
  let changed = 0;
  for (const podPath of podPaths) {
    const pod = join(root, podPath);
    const entries = await passed(() => readdir(pod, { withFileTypes: true }));
    if (!entries) continue;
    const containers = entries.filter((entry) => entry.isDirectory()).map(({ name }) => join(pod, name));
    for (const directory of order === 'inward' ? [pod, ...containers] : [...containers, pod]) {
      const quota = await passed(() => readQuota(directory, version));
      const wanted = quota && change(quota);
      if (wanted && (await passed(() => writeQuota(directory, version, wanted)))) changed += 1;
    }
  }
  return changed;
}

async function readQuota(directory: string, version: 1 | 2): Promise<CpuQuota> {
  const read = async (name: string): Promise<string> => (await readFile(join(directory, name), 'utf8')).trim();
  const [quota = '', period = ''] =
    version === 1
      ? [await read('cpu.cfs_quota_us'), await read('cpu.cfs_period_us')]
      : (await read('cpu.max')).split(' ');
  // v1 writes -1 for no limit, v2 `max`.
  return { quotaUs: Number(quota) > 0 ? Number(quota) : undefined, periodUs: Number(period) };
}

async function writeQuota(directory: string, version: 1 | 2, { quotaUs, periodUs }: CpuQuota): Promise<true> {
  if (version === 1) await writeFile(join(directory, 'cpu.cfs_period_us'), String(periodUs));
  else await writeFile(join(directory, 'cpu.max'), `${quotaUs ?? 'max'} ${periodUs}`);
  return true;
}

/** Undefined for what is not there, or not there any more. */
async function passed<T>(act: () => Promise<T>): Promise<T | undefined> {
  try {
    return await act();
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENODEV' || code === 'ENOTDIR') return undefined;
    throw error;
  }
}
