import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { chownSync, existsSync, mkdirSync, mkdtempSync, rmSync, watch, writeFileSync } from 'node:fs';
import { createConnection } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually } from '@quickvirt/testing';

/** A real libvirtd in session mode for tests, never as root. */
export interface SessionLibvirtd extends AsyncDisposable {
  socketPath: string;
  /** A directory that the daemon and QEMU may write to. */
  directory: string;
  process: ChildProcess;
  stop(): Promise<void>;
}

/** Why the real daemon cannot be tested here, or undefined. */
export function sessionLibvirtdMissing(): string | undefined {
  for (const program of ['libvirtd', 'qemu-system-x86_64', 'setpriv']) {
    if (spawnSync('sh', ['-c', `command -v ${program}`]).status !== 0) return `${program} is not installed`;
  }
  return undefined;
}

const UNPRIVILEGED = 65534;

/** Starts the daemon and waits for its socket. Root steps down to nobody: a session daemon is never privileged. */
export async function startSessionLibvirtd(): Promise<SessionLibvirtd> {
  // Short: libvirt adds 50 to 60 characters, and a socket's path ends at 107.
  const directory = mkdtempSync(join(tmpdir(), 'qv-'));
  const configDirectory = join(directory, 'config', 'libvirt');
  mkdirSync(configDirectory, { recursive: true });
  const runtimeDirectory = join(directory, 'libvirt');
  mkdirSync(runtimeDirectory);
  writeFileSync(join(configDirectory, 'libvirtd.conf'), 'auth_unix_rw = "none"\nlog_outputs = "3:stderr"\n');
  writeFileSync(join(configDirectory, 'qemu.conf'), 'stdio_handler = "file"\n');
  const isRoot = process.getuid?.() === 0;
  if (isRoot) {
    for (const path of [directory, join(directory, 'config'), configDirectory, runtimeDirectory]) {
      chownSync(path, UNPRIVILEGED, UNPRIVILEGED);
    }
  }
  const stepDown = ['setpriv', `--reuid=${UNPRIVILEGED}`, `--regid=${UNPRIVILEGED}`, '--clear-groups'];
  const args = isRoot ? [...stepDown, 'libvirtd'] : ['libvirtd'];
  const daemon = spawn('env', args, {
    cwd: directory,
    stdio: 'ignore',
    env: {
      PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
      HOME: directory,
      XDG_RUNTIME_DIR: directory,
      XDG_CONFIG_HOME: join(directory, 'config'),
      XDG_CACHE_HOME: join(directory, 'cache'),
    },
  });
  const exited = new Promise<void>((resolve) => daemon.once('exit', () => resolve()));
  const socketPath = join(runtimeDirectory, 'libvirt-sock');
  await appears(socketPath, runtimeDirectory, exited);
  await eventually(() => accepts(socketPath));
  const stop = async (): Promise<void> => {
    if (daemon.exitCode === null && daemon.signalCode === null) daemon.kill('SIGTERM');
    await exited;
    rmSync(directory, { recursive: true, force: true });
  };
  return { socketPath, directory, process: daemon, stop, [Symbol.asyncDispose]: stop };
}

/** The socket's file is there a moment before the daemon listens on it. */
function accepts(socketPath: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createConnection({ path: socketPath }, () => resolve(true));
    socket.once('error', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });
}

async function appears(path: string, directory: string, exited: Promise<void>): Promise<void> {
  const watcher = watch(directory);
  try {
    const seen = new Promise<void>((resolve) => {
      watcher.on('change', () => existsSync(path) && resolve());
      if (existsSync(path)) resolve();
    });
    await Promise.race([
      seen,
      exited.then(() => Promise.reject(new Error('libvirtd ended before its socket was there'))),
    ]);
  } finally {
    watcher.close();
  }
}
