import { mkdirSync, readFileSync, existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { cacheFolder } from './cache.ts';
import { command, tryCommand, type CommandOptions } from './command.ts';
import { hasProgram } from './system-packages.ts';

/** The container engine that kind and the image builds use. */
export type Engine = 'podman' | 'docker';

/** What Podman has to know of a machine. */
export interface MachineFacts {
  /** Hard limit of open files. */
  openFilesLimit: number;
  /** CAP_SYS_RESOURCE is in the bounding set. */
  canRaiseLimits: boolean;
  /** systemd runs this machine. */
  systemd: boolean;
  /** cgroup v2 alone. */
  cgroupV2: boolean;
}

/**
 * Settings that let Podman run cluster nodes on such a machine: a node holds many pods, kind reads a node's log from a
 * file, limits cannot be raised without CAP_SYS_RESOURCE, and crun refuses cgroup v1 beside v2. Pure.
 */
export function podmanSettings(facts: MachineFacts): string {
  const lines = ['[containers]', 'log_driver = "k8s-file"', 'pids_limit = 0'];
  if (!facts.canRaiseLimits) {
    lines.push(`default_ulimits = ["nofile=${facts.openFilesLimit}:${facts.openFilesLimit}", "nproc=32768:32768"]`);
  }
  lines.push('[engine]', 'events_logger = "file"');
  if (!facts.systemd) lines.push('cgroup_manager = "cgroupfs"');
  if (!facts.cgroupV2) lines.push('runtime = "runc"');
  return `${lines.join('\n')}\n`;
}

/** Bit of CAP_SYS_RESOURCE in a capability set. Source: linux/capability.h. */
const capSysResource = 24n;

async function machineFacts(): Promise<MachineFacts> {
  const bounding = /^CapBnd:\t([0-9a-f]+)/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1] ?? '0';
  return {
    openFilesLimit: Number((await command(['sh', '-c', 'ulimit -Hn'])).trim()),
    canRaiseLimits: ((BigInt(`0x${bounding}`) >> capSysResource) & 1n) === 1n,
    systemd: existsSync('/run/systemd/system'),
    cgroupV2: existsSync('/sys/fs/cgroup/cgroup.controllers'),
  };
}

/** Docker where its engine answers, else Podman. @throws when neither is there. */
export async function findEngine(): Promise<Engine> {
  if (hasProgram('docker') && (await tryCommand(['docker', 'info'], { timeoutMs: 5000 })) !== undefined)
    return 'docker';
  if (hasProgram('podman')) return 'podman';
  throw new Error('no container engine: install podman (npm run cluster -- prepare does), or start Docker');
}

/** Environment in which the engine, and kind on top of it, work on this machine. */
export async function engineEnvironment(engine: Engine): Promise<NodeJS.ProcessEnv> {
  if (engine === 'docker') return { ...process.env, KIND_EXPERIMENTAL_PROVIDER: 'docker' };
  // Kept: a container's monitor reads it again when it cleans up.
  const settings = join(cacheFolder(), 'podman.conf');
  writeFileSync(settings, podmanSettings(await machineFacts()));
  // kind mounts this folder into every node; a kernel without modules has none.
  if (process.getuid?.() === 0) mkdirSync('/lib/modules', { recursive: true });
  return { ...process.env, CONTAINERS_CONF: settings, KIND_EXPERIMENTAL_PROVIDER: 'podman' };
}

/** Runs the engine. */
export async function runEngine(args: string[], options: CommandOptions = {}): Promise<string> {
  const engine = await findEngine();
  return command([engine, ...args], { ...options, env: await engineEnvironment(engine) });
}
