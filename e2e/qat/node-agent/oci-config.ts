import type { Pod } from '@quickvirt/kube';

/** A device node to be made in a container. */
export interface ContainerDevice {
  path: string;
  type: 'c' | 'b';
  major: number;
  minor: number;
  fileMode: number;
  uid: number;
  gid: number;
  /** Of the cgroup's device rule. */
  access: string;
}

/** A bind mount. */
export interface ContainerMount {
  source: string;
  destination: string;
  readOnly: boolean;
  /** Whether mounts that the host makes later appear. */
  fromHost?: boolean;
}

/** What a container is started from. */
export interface ContainerPlan {
  pod: Pod;
  container: NonNullable<Pod['spec']>['containers'][number];
  /** The image's. */
  entryPoint: readonly string[];
  environment: readonly string[];
  rootPath: string;
  mounts: readonly ContainerMount[];
  devices: readonly ContainerDevice[];
  cgroupsPath: string;
}

/** As containerd's own without a limit of systemd's: a guest's memory does not fit into it. */
const MEMLOCK_BYTES = 8 * 1024 * 1024;
const SYSTEM_MOUNTS = [
  { destination: '/proc', type: 'proc', source: 'proc', options: ['nosuid', 'noexec', 'nodev'] },
  {
    destination: '/dev',
    type: 'tmpfs',
    source: 'tmpfs',
    options: ['nosuid', 'strictatime', 'mode=755', 'size=65536k'],
  },
  {
    destination: '/dev/pts',
    type: 'devpts',
    source: 'devpts',
    options: ['nosuid', 'noexec', 'newinstance', 'mode=0620'],
  },
  { destination: '/dev/shm', type: 'tmpfs', source: 'shm', options: ['nosuid', 'noexec', 'nodev', 'mode=1777'] },
  { destination: '/sys', type: 'sysfs', source: 'sysfs', options: ['nosuid', 'noexec', 'nodev', 'ro'] },
  { destination: '/sys/fs/cgroup', type: 'cgroup', source: 'cgroup', options: ['nosuid', 'noexec', 'nodev', 'ro'] },
];

/**
 * The OCI configuration of a launcher pod's container as a container runtime makes it for the level "restricted": uid
 * 107, no privilege to gain, read-only root and /sys, and only the devices that the kubelet was told of. Pure.
 */
export function ociConfig(plan: ContainerPlan): object {
  const { pod, container } = plan;
  const security = { ...pod.spec?.securityContext, ...container.securityContext };
  const limit = (type: string, value: number) => ({ type, hard: value, soft: value });
  return {
    ociVersion: '1.0.2',
    hostname: pod.spec?.hostname ?? pod.metadata.name,
    root: { path: plan.rootPath, readonly: security.readOnlyRootFilesystem ?? false },
    process: {
      user: { uid: security.runAsUser ?? 0, gid: security.runAsGroup ?? 0, additionalGids: fsGroup(pod) },
      args: [...(container.command ?? plan.entryPoint), ...(container.args ?? [])],
      env: [...plan.environment, ...ownVariables(pod, container)],
      cwd: '/',
      noNewPrivileges: security.allowPrivilegeEscalation === false,
      capabilities: { bounding: security.capabilities?.add?.map((name) => `CAP_${name}`) ?? [] },
      rlimits: [limit('RLIMIT_MEMLOCK', MEMLOCK_BYTES), limit('RLIMIT_NOFILE', 1024 * 1024)],
    },
    mounts: [
      ...SYSTEM_MOUNTS,
      ...plan.mounts.map(({ source, destination, readOnly, fromHost }) => ({
        destination,
        type: 'bind',
        source,
        options: ['rbind', fromHost ? 'rslave' : 'rprivate', readOnly ? 'ro' : 'rw'],
      })),
    ],
    linux: {
      namespaces: ['pid', 'network', 'ipc', 'uts', 'mount', 'cgroup'].map((type) => ({ type })),
      cgroupsPath: plan.cgroupsPath,
      devices: plan.devices.map(({ access: _access, ...node }) => node),
      resources: {
        devices: [
          { allow: false, access: 'rwm' },
          ...plan.devices.map(({ type, major, minor, access }) => ({ allow: true, type, major, minor, access })),
        ],
      },
      maskedPaths: ['/proc/kcore', '/proc/keys', '/proc/sched_debug', '/sys/firmware'],
      readonlyPaths: ['/proc/bus', '/proc/fs', '/proc/irq', '/proc/sys', '/proc/sysrq-trigger'],
    },
  };
}

function fsGroup(pod: Pod): number[] {
  const group = pod.spec?.securityContext?.fsGroup;
  return group === undefined ? [] : [group];
}

function ownVariables(pod: Pod, container: ContainerPlan['container']): string[] {
  const fields: Record<string, string | undefined> = {
    'metadata.name': pod.metadata.name,
    'metadata.namespace': pod.metadata.namespace,
    'metadata.uid': pod.metadata.uid,
    'spec.nodeName': pod.spec?.nodeName,
  };
  return (container.env ?? []).map(({ name, value, valueFrom }) => {
    if (valueFrom === undefined) return `${name}=${value ?? ''}`;
    const found = fields[valueFrom.fieldRef?.fieldPath ?? ''];
    if (found === undefined)
      throw new Error(`${container.name}: variable ${name} comes from something not served here`);
    return `${name}=${found}`;
  });
}
