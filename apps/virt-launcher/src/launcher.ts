import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { encodeExitRecord, LAUNCHER_SOCKET_NAME, type ExitRecord } from '@quickvirt/launcher-pod';
import { DomainState, ShutoffReason } from '@quickvirt/libvirt';
import type { Logger } from '@quickvirt/telemetry';
import { serveCommands } from './command-server.ts';
import { judge, type Verdict } from './exit-verdict.ts';
import { Guest, type DomainEnd } from './guest.ts';
import { HypervisorLink } from './hypervisor-link.ts';
import type { Libvirtd } from './libvirtd.ts';
import { lastLines } from './log-tail.ts';
import { readOomKills } from './oom-kills.ts';
import type { RecentLines } from './recent-lines.ts';
import type { LauncherOptions } from './options.ts';
import { shutDownGuest } from './shutdown.ts';

/** A pod whose guest failed ends with this code, so that its phase is Failed. */
const EXIT_CODE = { Succeeded: 0, Failed: 3 } as const;
const LOG_LINES = 5;
/** How long a call waits for libvirtd before it is told to come back. */
const LIBVIRT_WAIT_MS = 8_000;
const PRESS_EVERY_MS = 5_000;
/** After QEMU was told to end: its end is seen at once, or never. */
const DESTROY_WAIT_MS = 5_000;

/** The whole process: libvirtd, the guest, the socket, and how it all ends. */
export class Launcher {
  readonly #options: LauncherOptions;
  readonly #logger: Logger;
  readonly #libvirtd: Libvirtd;
  readonly #guest: Guest;
  readonly #link: HypervisorLink;
  readonly #stop = new AbortController();
  readonly #domainName: string;

  readonly #recentLog: RecentLines;

  /**
   * @param libvirtd may have been started before: it then answers sooner.
   * @param recentLog the last warnings and errors of `logger`.
   */
  constructor(options: LauncherOptions, libvirtd: Libvirtd, logger: Logger, recentLog: RecentLines) {
    this.#recentLog = recentLog;
    this.#options = options;
    this.#logger = logger;
    this.#domainName = `${options.namespace}_${options.name}`;
    this.#libvirtd = libvirtd;
    this.#guest = new Guest(
      {
        domainName: this.#domainName,
        runDirectory: options.runDirectory,
        disks: {
          volumes: options.volumesDirectory,
          secrets: options.secretsDirectory,
          disks: join(options.runDirectory, 'disks'),
        },
        hypervisor: () => this.#link.hypervisor(LIBVIRT_WAIT_MS),
      },
      logger,
    );
    this.#link = new HypervisorLink(this.#libvirtd, (hypervisor) => this.#guest.connected(hypervisor), logger);
  }

  /** The pod is to end: asks the guest to power off. Calling it again does nothing. */
  stop(): void {
    this.#stop.abort();
  }

  /** Runs until the guest has ended. Leaves the exit record; resolves to the exit code. Never rejects. */
  async run(): Promise<number> {
    try {
      return await this.#run();
    } catch (error) {
      this.#logger.error('the launcher could not run', { error });
      const message = error instanceof Error ? error.message : String(error);
      const verdict = { phase: 'Failed', reason: 'LauncherFailed', message } as const;
      await this.#leaveExitRecord(verdict);
      return EXIT_CODE[verdict.phase];
    }
  }

  async #run(): Promise<number> {
    const oomKillsBefore = await readOomKills();
    await mkdir(this.#options.runDirectory, { recursive: true });
    const server = await serveCommands(
      join(this.#options.runDirectory, 'sockets', LAUNCHER_SOCKET_NAME),
      this.#guest,
      this.#logger,
    );
    await this.#libvirtd.prepare();
    const libvirtStop = new AbortController();
    const link = this.#link.run(libvirtStop.signal);

    const verdict = await Promise.race([this.#untilGuestEnds(oomKillsBefore), this.#untilStopped(oomKillsBefore)]);
    await this.#leaveExitRecord(verdict);
    this.#guest.watch.close();
    await server.close();
    libvirtStop.abort();
    // Also ends a start that hangs, which the link would wait for.
    await this.#libvirtd.stop();
    await link;
    return EXIT_CODE[verdict.phase];
  }

  async #untilGuestEnds(oomKillsBefore: number): Promise<Verdict> {
    const end = await this.#guest.ended;
    if (this.#stop.signal.aborted) return new Promise(() => {});
    return this.#judge(end, oomKillsBefore, false);
  }

  async #untilStopped(oomKillsBefore: number): Promise<Verdict> {
    const { signal } = this.#stop;
    if (!signal.aborted) await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
    this.#logger.info('the pod is to end: the guest is asked to power off');
    const { started } = await this.#guest.requestStop();
    if (!started) {
      const message = 'The pod was ended before its guest was started.';
      return { phase: 'Failed', reason: 'NeverStarted', message };
    }
    const limits = { gracePeriodMs: this.#options.gracePeriodMs, pressEveryMs: PRESS_EVERY_MS };
    const { gracePeriodOver } = await shutDownGuest(this.#guest, this.#guest.ended, limits, this.#logger);
    return this.#judge(await this.#endAfterShutdown(), oomKillsBefore, gracePeriodOver);
  }

  async #endAfterShutdown(): Promise<DomainEnd> {
    const lost = { state: DomainState.shutoff, reason: ShutoffReason.destroyed };
    let timer: NodeJS.Timeout | undefined;
    const timeUp = new Promise<DomainEnd>((resolve) => {
      timer = setTimeout(() => resolve(lost), DESTROY_WAIT_MS);
    });
    try {
      return await Promise.race([this.#guest.ended, timeUp]);
    } finally {
      clearTimeout(timer);
    }
  }

  async #judge(end: DomainEnd, oomKillsBefore: number, gracePeriodOver: boolean): Promise<Verdict> {
    return judge({
      ...end,
      stopRequested: this.#stop.signal.aborted,
      gracePeriodOver,
      acpi: this.#guest.hasAcpi,
      oomKills: (await readOomKills()) - oomKillsBefore,
    });
  }

  async #leaveExitRecord(verdict: Verdict): Promise<void> {
    const log = this.#libvirtd.paths.domainLog(this.#domainName);
    const lastWords = {
      libvirtLines: this.#libvirtd.recentLog.lines,
      launcherLines: this.#recentLog.lines,
      consoleLines: this.#guest.console.lastLines,
    };
    const record: ExitRecord = {
      version: 1,
      ...verdict,
      lastLogLines: await lastLines(log, LOG_LINES),
      // Of a guest that ended well nobody asks for them.
      ...(verdict.phase === 'Failed' ? lastWords : {}),
    };
    this.#logger.info('the launcher ends', { ...verdict });
    try {
      await writeFile(this.#options.terminationMessagePath, encodeExitRecord(record));
    } catch (error) {
      this.#logger.error('the exit record could not be written: the pod’s exit code alone tells the end', { error });
    }
  }
}
