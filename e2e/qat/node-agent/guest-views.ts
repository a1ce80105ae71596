import { readFile, rm, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { Hypervisor } from '@quickvirt/libvirt';
import type { GuestViews } from '../control-channel.ts';
import { FIRMWARE_LOG } from './container-image.ts';
import { podFolder } from './pod-volumes.ts';

/** The run volume of launcher pods, from the node. */
const RUN_VOLUME = 'volumes/kubernetes.io~empty-dir/run';

/** Asks the libvirt of a launcher pod, by its socket on the node. @throws LibvirtError when the domain is not there. */
export async function guestViews(podUid: string, domain: string): Promise<Omit<GuestViews, 'allocated'>> {
  const run = join(podFolder(podUid), RUN_VOLUME);
  // The address of a Unix socket ends at 107 bytes.
  const short = `/run/guest-${podUid}`;
  await rm(short, { force: true });
  await symlink(run, short);
  const socketPath = join(short, 'libvirt', 'libvirt-sock');
  const hypervisor = await Hypervisor.open({ socketPath, uri: 'qemu:///session' });
  try {
    const found = await hypervisor.findDomain(domain);
    if (!found) throw new Error(`libvirt knows no domain ${domain}`);
    const answer = JSON.parse(await found.monitorCommand('{"execute":"query-pci"}')) as { return: unknown };
    return {
      domainXml: await found.xml(),
      queryPci: answer.return,
      firmwareLog: await readFile(join(run, FIRMWARE_LOG.replace('/run/launcher/', '')), 'utf8'),
    };
  } finally {
    await hypervisor.close();
    await rm(short, { force: true });
  }
}
