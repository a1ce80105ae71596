import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { chownSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseExitRecord, type ExitRecord } from '@quickvirt/launcher-pod';
import { dialLauncher, type LauncherClient } from '@quickvirt/rpc';
import { bootSectorImage, eventually } from '@quickvirt/testing';

/** The launcher as a process of its own, without root, in a directory that stands in for its pod. */
export interface LauncherProcess {
  client: LauncherClient;
  socketPath: string;
  directory: string;
  process: ChildProcess;
  /** What it logged, for a test that fails. */
  log(): string;
  /** Exit code, once it has ended by itself. */
  exited: Promise<number | null>;
  exitRecord(): ExitRecord | undefined;
  qemuPid(): Promise<number>;
  libvirtdPid(): Promise<number>;
  /** Ends what is left of it, QEMU included, and removes the directory. */
  cleanUp(): Promise<void>;
}

/** The image's user if the machine names it (libvirt wants a name), else nobody. */
export const LAUNCHER_UID = /^[^:]*:[^:]*:107:/m.test(readFileSync('/etc/passwd', 'utf8')) ? 107 : 65534;

/** Why a real launcher cannot be run here, or undefined. */
export function launcherProcessMissing(): string | undefined {
  if (process.getuid?.() !== 0) return 'only root can start a process as another user';
  for (const program of ['libvirtd', 'qemu-system-x86_64', 'qemu-img', 'xorriso', 'setpriv']) {
    if (spawnSync('sh', ['-c', `command -v ${program}`]).status !== 0) return `${program} is not installed`;
  }
  return undefined;
}

export interface LauncherProcessOptions {
  gracePeriodSeconds?: number;
  /** What Node runs, its options first; the launcher's sources when unset. */
  program?: readonly string[];
  /** Further variables, as NAME=value. */
  env?: readonly string[];
}

/** Starts the launcher; its volume `root` holds the boot sector guest. */
export async function startLauncher(options: LauncherProcessOptions = {}): Promise<LauncherProcess> {
  const directory = mkdtempSync(join(tmpdir(), 'qvl-'));
  const disk = join(directory, 'volumes', 'root', 'disk');
  mkdirSync(disk, { recursive: true });
  writeFileSync(join(disk, 'disk.img'), bootSectorImage(), { mode: 0o444 });
  mkdirSync(join(directory, 'secrets', 'seed'), { recursive: true });
  writeFileSync(join(directory, 'secrets', 'seed', 'userdata'), '#cloud-config\n');
  const terminationMessage = join(directory, 'termination-log');
  writeFileSync(terminationMessage, '');
  for (const path of [directory, terminationMessage]) chownSync(path, LAUNCHER_UID, LAUNCHER_UID);

  const run = join(directory, 'run');
  const main = join(dirname(fileURLToPath(import.meta.url)), '..', 'main.ts');
  const stepDown = [
    'setpriv',
    `--reuid=${LAUNCHER_UID}`,
    `--regid=${LAUNCHER_UID}`,
    '--clear-groups',
    '--no-new-privs',
  ];
  const identity = ['--namespace', 'default', '--name', 'tiny', '--uid', '4f6f0a52-0000-4000-8000-000000000001'];
  const paths = ['--run-dir', run, '--volumes-dir', join(directory, 'volumes')];
  const more = ['--secrets-dir', join(directory, 'secrets'), '--termination-message-path', terminationMessage];
  const grace = ['--grace-period-seconds', String(options.gracePeriodSeconds ?? 30)];
  const program = [process.execPath, ...(options.program ?? [main])];
  const args = [...(options.env ?? []), ...stepDown, ...program, ...identity, ...paths, ...more, ...grace];
  const child = spawn('env', args, { stdio: ['ignore', 'ignore', 'pipe'], cwd: directory });
  let log = '';
  child.stderr.on('data', (chunk: Buffer) => (log += chunk.toString()));
  const exited = new Promise<number | null>((resolve) => child.once('exit', (code) => resolve(code)));

  const socketPath = join(run, 'sockets', 'launcher.sock');
  const client = dialLauncher(socketPath);
  const pidIn = async (path: string): Promise<number> => Number(await readFile(path, 'utf8'));
  const qemuPidFile = join(run, 'libvirt', 'qemu', 'run', 'default_tiny.pid');
  const launcher: LauncherProcess = {
    client,
    socketPath,
    directory,
    process: child,
    log: () => log,
    exited,
    exitRecord: () => parseExitRecord(readFileSync(terminationMessage, 'utf8')),
    qemuPid: () => pidIn(qemuPidFile),
    libvirtdPid: () => pidIn(join(run, 'libvirt', 'libvirtd.pid')),
    cleanUp: async () => {
      client.close();
      if (child.exitCode === null) child.kill('SIGKILL');
      await exited;
      for (const pid of ownProcesses(directory)) spawnSync('kill', ['-9', String(pid)]);
      rmSync(directory, { recursive: true, force: true, maxRetries: 10 });
    },
  };
  await eventually(() => client.info({}, { timeoutMs: 500 }), { timeoutMs: 20_000 });
  return launcher;
}

/** libvirtd and QEMU of this launcher alone: their environment or arguments name its directory. */
function ownProcesses(directory: string): number[] {
  const { stdout } = spawnSync('sh', ['-c', `grep -lasF '${directory}/' /proc/[0-9]*/environ /proc/[0-9]*/cmdline`]);
  const paths = stdout.toString().split('\n');
  return [...new Set(paths.flatMap((path) => /^\/proc\/(\d+)\//.exec(path)?.[1] ?? []))].map(Number);
}
