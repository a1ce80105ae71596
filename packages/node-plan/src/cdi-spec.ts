/** Facts of one device node of the host. */
export interface DeviceNodeFacts {
  /** Path on the host and in the container, for example `/dev/kvm`. */
  path: string;
  major: number;
  minor: number;
}

/** User and group of launcher pods. */
const LAUNCHER_UID = 107;
/** `quickvirt.io` is the vendor, `device` the class (CDI SPEC.md, "kind"). */
const CDI_KIND = 'quickvirt.io/device';
/** Read and write for the owner alone. */
const OWNER_ONLY = 0o600;

/** The qualified name that a device plugin answers with, for example `quickvirt.io/device=kvm`. */
export function cdiDeviceName(device: string): string {
  return `${CDI_KIND}=${device}`;
}

/** File name of the specification of one kind of device: a file each, so that plugins do not write each other's. */
export function cdiFileName(kind: string): string {
  return `quickvirt.io-${kind}.json`;
}

/** A device node by the name that it is asked for in CDI. */
export interface CdiDevice {
  /** Letters, digits and `-`, for example `kvm`. */
  name: string;
  node: DeviceNodeFacts;
}

/** Version that knows all that is used here: `hostPath`, `uid`, `gid`, `fileMode` of device nodes (CDI SPEC.md 0.5.0). */
export const CDI_VERSION = '0.5.0';

/**
 * A `deviceNodes` entry that puts a device node of the host into a container as uid 107's own, whatever its mode on the
 * host. Nothing is changed on the host.
 */
export function cdiDeviceNode({ path, major, minor }: DeviceNodeFacts): object {
  return {
    path,
    hostPath: path,
    type: 'c',
    major,
    minor,
    permissions: 'rw',
    uid: LAUNCHER_UID,
    gid: LAUNCHER_UID,
    fileMode: OWNER_ONLY,
  };
}

/** The Container Device Interface specification of devices that are one device node each. */
export function cdiSpec(devices: readonly CdiDevice[]): object {
  return {
    cdiVersion: CDI_VERSION,
    kind: CDI_KIND,
    devices: devices.map(({ name, node }) => ({ name, containerEdits: { deviceNodes: [cdiDeviceNode(node)] } })),
  };
}

/** How a device becomes usable for uid 107: by CDI, or by a chown of the container's own node once it runs. */
export type DeviceAccess = 'cdi' | 'chown';

/**
 * Whether a node's runtime applies CDI without being told to: containerd from 2.0 on (1.7 needs `enable_cdi`), CRI-O
 * from 1.23 on. Anything else gets the fallback.
 * @param containerRuntimeVersion `status.nodeInfo.containerRuntimeVersion`, for example `containerd://2.3.7`.
 */
export function deviceAccessOf(containerRuntimeVersion: string): DeviceAccess {
  const [, runtime, major = '0', minor = '0'] = /^([a-z-]+):\/\/v?(\d+)\.(\d+)/.exec(containerRuntimeVersion) ?? [];
  if (runtime === 'containerd') return Number(major) >= 2 ? 'cdi' : 'chown';
  if (runtime === 'cri-o') return Number(major) > 1 || Number(minor) >= 23 ? 'cdi' : 'chown';
  return 'chown';
}
