import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { watch, existsSync } from 'node:fs';
import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Logger } from '@quickvirt/telemetry';
import { RecentLines } from './recent-lines.ts';
import { warmCapabilitiesCache } from './capabilities-cache.ts';

/** Room for the control and query connections, streams, and one that is being replaced. */
const LIBVIRTD_CONF = `auth_unix_rw = "none"
log_outputs = "3:stderr"
max_clients = 20
max_client_requests = 20
min_workers = 2
max_workers = 10
prio_workers = 2
`;

/** The pod is the guard (its cgroup, namespaces, seccomp profile), and no virtlogd runs beside libvirtd. */
const QEMU_CONF = `security_driver = "none"
remember_owner = 0
cgroup_controllers = []
namespaces = []
stdio_handler = "file"
`;

const LIBVIRTD = '/usr/sbin/libvirtd';
const MAX_LOG_LINE = 2_000;
const STOP_TIMEOUT_MS = 2_000;

/** Paths of a session daemon whose runtime, configuration and cache directories lie below one directory. */
export interface LibvirtPaths {
  socket: string;
  /** libvirt's log of a domain: QEMU's command line and what it wrote to stderr. */
  domainLog(domainName: string): string;
}

function libvirtPaths(runDirectory: string): LibvirtPaths {
  return {
    socket: join(runDirectory, 'libvirt', 'libvirt-sock'),
    domainLog: (domainName) => join(runDirectory, 'cache', 'libvirt', 'qemu', 'log', `${domainName}.log`),
  };
}

/** libvirtd in session mode, without root: one process at a time, started again by who owns this. */
export class Libvirtd {
  readonly paths: LibvirtPaths;
  /** What it logged last. */
  readonly recentLog = new RecentLines();
  readonly #runDirectory: string;
  readonly #capabilitiesDirectory: string;
  readonly #logger: Logger;
  #process: ChildProcess | undefined;
  #prepared: Promise<void> | undefined;
  #ready: Promise<void> | undefined;

  constructor(options: { runDirectory: string; capabilitiesDirectory: string }, logger: Logger) {
    this.#runDirectory = options.runDirectory;
    this.#capabilitiesDirectory = options.capabilitiesDirectory;
    this.#logger = logger;
    this.paths = libvirtPaths(options.runDirectory);
  }

  /** Writes the configuration and the capabilities cache, once. */
  prepare(): Promise<void> {
    this.#prepared ??= this.#prepare();
    return this.#prepared;
  }

  async #prepare(): Promise<void> {
    const configuration = join(this.#runDirectory, 'config', 'libvirt');
    await mkdir(configuration, { recursive: true, mode: 0o700 });
    await mkdir(join(this.#runDirectory, 'libvirt'), { recursive: true, mode: 0o700 });
    await writeFile(join(configuration, 'libvirtd.conf'), LIBVIRTD_CONF);
    await writeFile(join(configuration, 'qemu.conf'), QEMU_CONF);
    await warmCapabilitiesCache(
      {
        bakedDirectory: this.#capabilitiesDirectory,
        cacheDirectory: join(this.#runDirectory, 'cache', 'libvirt', 'qemu', 'cache', 'capabilities'),
        libvirtFiles: [LIBVIRTD, ...(await driverFiles())],
      },
      this.#logger,
    );
  }

  /**
   * Prepares, starts the process if none runs or starts, and resolves when its socket is there. A guest that an earlier
   * process started is found by the new one.
   * @throws Error when it ends before that.
   */
  async start(): Promise<void> {
    await this.prepare();
    this.#ready ??= this.#spawn().catch((error: unknown) => {
      this.#ready = undefined;
      throw error;
    });
    return this.#ready;
  }

  async #spawn(): Promise<void> {
    // A killed daemon leaves its socket, which would look as if the new one were ready.
    await rm(this.paths.socket, { force: true });
    const child = spawn(LIBVIRTD, [], {
      cwd: this.#runDirectory,
      stdio: ['ignore', 'ignore', 'pipe'],
      env: {
        PATH: process.env['PATH'],
        HOME: this.#runDirectory,
        XDG_RUNTIME_DIR: this.#runDirectory,
        XDG_CONFIG_HOME: join(this.#runDirectory, 'config'),
        XDG_CACHE_HOME: join(this.#runDirectory, 'cache'),
        // Its dozen threads would have a malloc arena each, for nothing.
        MALLOC_ARENA_MAX: '1',
      },
    });
    this.#process = child;
    const ended = new Promise<never>((_resolve, reject) => {
      const gone = (error: Error): void => {
        this.#process = undefined;
        this.#ready = undefined;
        reject(error);
      };
      child.once('error', (cause) => gone(new Error(`${LIBVIRTD} cannot be started`, { cause })));
      child.once('exit', (code, signal) => gone(new Error(`libvirtd ended with ${signal ?? `exit code ${code}`}`)));
    });
    ended.catch(() => {});
    createInterface({ input: child.stderr }).on('line', (line) => {
      if (line === '') return;
      this.recentLog.add(line);
      this.#logger.info('libvirtd', { line: line.slice(0, MAX_LOG_LINE) });
    });
    const look = new AbortController();
    try {
      await Promise.race([appears(this.paths.socket, look.signal), ended]);
    } finally {
      look.abort();
    }
  }

  /** Ends the process: asks, then kills. QEMU, if it still runs, is not its concern. */
  async stop(): Promise<void> {
    const child = this.#process;
    if (!child) return;
    const exited = once(child, 'exit');
    child.kill('SIGTERM');
    const timer = setTimeout(() => child.kill('SIGKILL'), STOP_TIMEOUT_MS);
    await exited;
    clearTimeout(timer);
  }
}

/** libvirtd's drivers, where Debian (by architecture) and Fedora keep them. */
async function driverFiles(): Promise<string[]> {
  const architectures = (await readdir('/usr/lib')).filter((name) => name.endsWith('-linux-gnu'));
  const directories = [...architectures.map((name) => `/usr/lib/${name}`), '/usr/lib64'];
  const found = await Promise.all(
    directories.map(async (library) => {
      const directory = join(library, 'libvirt', 'connection-driver');
      const names = await readdir(directory).catch((): string[] => []);
      return names.filter((name) => name.endsWith('.so')).map((name) => join(directory, name));
    }),
  );
  return found.flat();
}

/** Waits by inotify for a file in a directory that exists; stops looking at the signal. */
function appears(path: string, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const watcher = watch(join(path, '..'), { signal });
    watcher.once('error', reject);
    watcher.on('change', () => existsSync(path) && resolve());
    if (existsSync(path)) resolve();
  });
}
