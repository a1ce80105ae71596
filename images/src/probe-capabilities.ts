/**
 * Runs while the launcher's image is built: asks libvirt once what the emulator can do, so that its answer can be baked
 * into the image. `probe-capabilities.mjs DIR`; the answer is in DIR/cache/libvirt/qemu/cache/capabilities.
 */
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, watch } from 'node:fs';
import { join } from 'node:path';
import { Hypervisor } from '@quickvirt/libvirt';

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
const hypervisor = await Hypervisor.open({ socketPath, uri: 'qemu:///session' });
await hypervisor.capabilities();
await hypervisor.close();
daemon.kill();
