/** What CFS gives a cgroup: `quotaUs` of CPU time in each `periodUs` (kernel docs sched-bwc.rst, cgroup-v2.rst `cpu.max`). */
export interface CpuQuota {
  /** Microseconds; undefined: no limit. */
  readonly quotaUs: number | undefined;
  readonly periodUs: number;
}

/** The kubelet's period (`cpuCFSQuotaPeriod`, which only an alpha feature gate changes). */
const KUBELET_PERIOD_US = 100_000;
/** The kernel takes no shorter one. */
const SHORTEST_PERIOD_US = 1_000;
/** A start keeps so many CPUs busy at most: the launcher beside libvirtd or QEMU. */
const CPUS_FOR_START = 2;

/**
 * A pod's quota while its guest starts: the same amount in a shorter period, so that it is as much as two CPUs. The
 * amount stays as it is because it is what tells, to any later process, what the limit must become again. Undefined where
 * there is nothing to lift: no limit, a large one, or a period that is not the kubelet's own. Pure.
 */
export function liftedCpuQuota({ quotaUs, periodUs }: CpuQuota): CpuQuota | undefined {
  if (quotaUs === undefined || periodUs !== KUBELET_PERIOD_US) return undefined;
  const lifted = liftedPeriodUs(quotaUs);
  return lifted < periodUs ? { quotaUs, periodUs: lifted } : undefined;
}

/** The quota that `liftedCpuQuota` was given, told from its result; undefined where nothing was lifted. Pure. */
export function restoredCpuQuota({ quotaUs, periodUs }: CpuQuota): CpuQuota | undefined {
  if (quotaUs === undefined || periodUs === KUBELET_PERIOD_US || periodUs !== liftedPeriodUs(quotaUs)) return undefined;
  return { quotaUs, periodUs: KUBELET_PERIOD_US };
}

const liftedPeriodUs = (quotaUs: number): number => Math.max(SHORTEST_PERIOD_US, Math.floor(quotaUs / CPUS_FOR_START));

/** A pod's UID as the kubelet writes it into paths. */
const POD_UID = /^[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}$/;
/** The kubelet's root of all pods: `kubepods`, or by systemd `kubepods.slice` behind the names of its parents. */
const ROOT_OF_PODS = /^(?:.+-)?kubepods(\.slice)?$/;

/**
 * Where a pod's cgroup can be: one path for each class of service (kubelet's pkg/kubelet/cm: `pod<uid>` by the driver
 * cgroupfs, `...-pod<uid with _>.slice` by systemd). Empty when the own process is in no pod, or the UID is none. Pure.
 * @param ownPath cgroup of a process in a pod of the same node.
 */
export function podCgroupPaths(ownPath: string, podUid: string): string[] {
  const parts = ownPath.split('/');
  const index = parts.findIndex((part) => ROOT_OF_PODS.test(part));
  const root = parts[index];
  if (root === undefined || !POD_UID.test(podUid)) return [];
  const base = parts.slice(0, index + 1).join('/');
  if (!root.endsWith('.slice')) {
    return ['', '/burstable', '/besteffort'].map((qosClass) => `${base}${qosClass}/pod${podUid}`);
  }
  const stem = root.slice(0, -'.slice'.length);
  const pod = `pod${podUid.replaceAll('-', '_')}.slice`;
  const classes = ['burstable', 'besteffort'].map((name) => `${stem}-${name}`);
  return [`${base}/${stem}-${pod}`, ...classes.map((name) => `${base}/${name}.slice/${name}-${pod}`)];
}
