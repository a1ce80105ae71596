import { chown, readdir } from 'node:fs/promises';
import type { VirtualMachineInstance } from '@quickvirt/api';
import { isStillInPod, openBeneath, podProcesses, type HeldPath, type PodProcess } from '@quickvirt/host';
import { LAUNCHER_UID } from '@quickvirt/launcher-pod';
import type { Logger } from '@quickvirt/telemetry';
import { SHARED_DEVICES } from './shared-device.ts';

/** The control node of vfio, and the nodes of groups. */
const VFIO_NODE = /^(vfio|(noiommu-)?\d+)$/;

/**
 * The fallback where the runtime has no CDI: gives the pod's own device nodes to the launcher. A container's nodes are
 * its own inodes, so the host's stay as they are.
 */
export async function chownContainerDevices(
  vmi: VirtualMachineInstance,
  podUid: string,
  logger: Logger,
): Promise<void> {
  const rdevs = new Set<number>();
  for (const process of await podProcesses(podUid)) {
    const paths = [...SHARED_DEVICES.map(({ path }) => path), ...(await vfioPaths(process))];
    for (const path of paths) {
      const node = await openIn(process, path);
      if (!node) continue;
      await using held = node;
      // The pid could have been another process's by the time its root was opened.
      if (!held.stats.isCharacterDevice() || !(await isStillInPod(process, podUid))) continue;
      if (held.stats.uid === LAUNCHER_UID) continue;
      await chown(held.path, LAUNCHER_UID, LAUNCHER_UID);
      rdevs.add(held.stats.rdev);
    }
  }
  if (rdevs.size > 0)
    logger.info('gave devices of the pod to its launcher', {
      object: { kind: 'VirtualMachineInstance', name: vmi.metadata.name ?? '', namespace: vmi.metadata.namespace },
      devices: rdevs.size,
    });
}

async function vfioPaths(process: PodProcess): Promise<string[]> {
  const directory = await openIn(process, 'vfio');
  if (!directory) return [];
  await using held = directory;
  if (!held.stats.isDirectory()) return [];
  return (await readdir(held.path)).filter((name) => VFIO_NODE.test(name)).map((name) => `vfio/${name}`);
}

/** What lies below /dev in a process' container; undefined when it, or the process, is not there. */
async function openIn({ pid }: PodProcess, path: string): Promise<HeldPath | undefined> {
  try {
    return await openBeneath(`/proc/${pid}/root`, ['dev', ...path.split('/')]);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ESRCH' || code === 'ENOTDIR') return undefined;
    throw error;
  }
}
