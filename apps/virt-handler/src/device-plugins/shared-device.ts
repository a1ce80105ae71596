import { stat } from 'node:fs/promises';
import { deviceNumbers } from '@quickvirt/host';
import type { DeviceNodeFacts } from '@quickvirt/node-plan';

/** A device of the node that guests share. */
export interface SharedDevice {
  /** Name in `devices.kubevirt.io/<name>`. */
  name: string;
  /** Path below /dev, on the host and in the pod. */
  path: string;
  /** What guests lack without it, for the log. */
  lack: string;
}

/** Devices that launcher pods ask for by `devices.kubevirt.io/<name>`. */
export const SHARED_DEVICES: readonly SharedDevice[] = [
  {
    name: 'kvm',
    path: 'kvm',
    lack: 'no guest with hardware virtualization can run here: enable it in the firmware and load kvm_intel or kvm_amd, or set useEmulation in the KubeVirt CR',
  },
  { name: 'tun', path: 'net/tun', lack: 'no guest with a network interface can run here: load the module tun' },
  {
    name: 'vhost-net',
    path: 'vhost-net',
    lack: 'guests with vhost-net interfaces cannot run here: load the module vhost_net',
  },
];

/** Facts of the device node, as the host has it; undefined when it is not there or is no character device. */
export async function deviceFacts(device: SharedDevice, deviceDirectory: string): Promise<DeviceNodeFacts | undefined> {
  const found = await stat(`${deviceDirectory}/${device.path}`).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return undefined;
    throw error;
  });
  if (!found?.isCharacterDevice()) return undefined;
  return { path: `/dev/${device.path}`, ...deviceNumbers(found.rdev) };
}
