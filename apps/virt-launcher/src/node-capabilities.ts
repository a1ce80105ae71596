import { accessSync, chownSync, constants, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Hypervisor } from '@quickvirt/libvirt';
import type { Logger } from '@quickvirt/telemetry';
import { Libvirtd } from './libvirtd.ts';

/** The user of launchers, as whom the question is asked: what root may use is not what guests get. */
const launcherId = 107;

/**
 * Asks the node's own libvirt and QEMU, in the version of this image, what guests can have here, and leaves the answers as
 * `capabilities.xml` and `domain-capabilities-<kvm|qemu>.xml` in a
 * directory. virt-handler's pod runs this before virt-handler.
 */
export async function writeNodeCapabilities(outDirectory: string, logger: Logger): Promise<void> {
  const runDirectory = mkdtempSync(join(tmpdir(), 'n-'));
  mkdirSync(outDirectory, { recursive: true });
  if (process.getuid?.() === 0) becomeLauncher([runDirectory, outDirectory]);
  // The baked answers are those of software emulation; the node's own are wanted.
  const libvirtd = new Libvirtd({ runDirectory, capabilitiesDirectory: join(runDirectory, 'none') }, logger);
  await libvirtd.prepare();
  await libvirtd.start();
  try {
    const hypervisor = await Hypervisor.open({ socketPath: libvirtd.paths.socket, uri: 'qemu:///session' });
    const virtTypes = canUse('/dev/kvm') ? ['kvm', 'qemu'] : ['qemu'];
    write(join(outDirectory, 'capabilities.xml'), await hypervisor.capabilities());
    for (const virtType of virtTypes) {
      write(
        join(outDirectory, `domain-capabilities-${virtType}.xml`),
        await hypervisor.domainCapabilities({ virtType }),
      );
    }
    logger.info('asked libvirt what guests can have on this node', { virtTypes });
    await hypervisor.close();
  } finally {
    await libvirtd.stop();
    rmSync(runDirectory, { recursive: true, force: true });
  }
}

/** Gives up root for good; the container's own /dev/kvm becomes the launcher's first. */
function becomeLauncher(directories: string[]): void {
  for (const path of directories) chownSync(path, launcherId, launcherId);
  if (canUse('/dev/kvm')) chownSync('/dev/kvm', launcherId, launcherId);
  process.setgroups?.([]);
  process.setgid?.(launcherId);
  process.setuid?.(launcherId);
}

function canUse(path: string): boolean {
  try {
    accessSync(path, constants.R_OK | constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

/** Whole or not at all: virt-handler may read at any time. */
function write(path: string, text: string): void {
  writeFileSync(`${path}.part`, text);
  renameSync(`${path}.part`, path);
}
