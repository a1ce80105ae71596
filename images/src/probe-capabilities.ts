/**
 * Runs while the launcher's image is built: asks libvirt once what the emulator can do, so that its answer can be baked
 * into the image. `probe-capabilities.mjs DIR`; the answer is in DIR/cache/libvirt/qemu/cache/capabilities.
 */
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, watch } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { Hypervisor, LibvirtConnectionError } from '@quickvirt/libvirt';

const [directory = ''] = process.argv.slice(2);
const sockets = join(directory, 'libvirt');
const socketPath = join(sockets, 'libvirt-sock');
mkdirSync(sockets, { recursive: true });
const appeared = new Promise<void>((resolve) => {
  const watcher = watch(sockets, () => {
    if (!existsSync(socketPath)) return;
    watcher.close();
    resolve();
  });
});
const daemon = spawn('/usr/sbin/libvirtd', [], {
  stdio: ['ignore', 'inherit', 'inherit'],
  env: {
    PATH: process.env.PATH,
    HOME: directory,
    XDG_RUNTIME_DIR: directory,
    XDG_CONFIG_HOME: join(directory, 'config'),
    XDG_CACHE_HOME: join(directory, 'cache'),
  },
});
await appeared;
const hypervisor = await opened();
await hypervisor.capabilities();
await hypervisor.close();
daemon.kill();

/** A socket is there a moment before it is listened on (bind(2), listen(2)), and nothing tells of the latter. */
async function opened(attemptsLeft = 100): Promise<Hypervisor> {
  try {
    return await Hypervisor.open({ socketPath, uri: 'qemu:///session' });
  } catch (error) {
    if (!(error instanceof LibvirtConnectionError) || attemptsLeft === 0) throw error;
    await setTimeout(20);
    return opened(attemptsLeft - 1);
  }
}
