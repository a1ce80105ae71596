/** A Linux host as root sees it: paths that nobody can lead astray, inotify, processes of a pod, programs. */
export { openBeneath, openEntry, UnsafePathError, type HeldPath } from './beneath.ts';
export { changePodCpuQuotas, type CpuQuotaChange } from './cpu-quota.ts';
export { putDeviceNode, removeDeviceNode } from './device-node.ts';
export { deviceNumbers } from './device-numbers.ts';
export { rewriteDevicePrograms } from './device-programs.ts';
export { applyDeviceRule, cgroupsOf, type DeviceRuleAction } from './device-rules.ts';
export { HOST_CGROUP_MOUNT } from './cgroup-mount.ts';
export { DirectoryWatch, waitInDirectory } from './directory-watch.ts';
export { exec, ExecError, type ExecOptions, type ExecResult } from './exec.ts';
export { raiseMemoryLock } from './memory-lock.ts';
export { PodsNotSeen, untilPodHasEnded, type PodEndOptions } from './pod-end.ts';
export { isInPod, isStillInPod, podProcesses, type PodProcess } from './pod-processes.ts';
export { Sysfs, SysfsError, type SysfsOptions } from './sysfs.ts';
export { writeAtomically, writeDurably } from './write-atomically.ts';
