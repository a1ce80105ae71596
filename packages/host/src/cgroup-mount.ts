/**
 * Where the node's cgroup hierarchies are mounted, as its first process sees them from a pod with the host's PID
 * namespace: our own mount shows our own part alone on cgroup v1.
 */
export const HOST_CGROUP_MOUNT = '/proc/1/root/sys/fs/cgroup';
