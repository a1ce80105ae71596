import { statfs } from 'node:fs/promises';
import { DomainState, LifecycleEvent, type Domain, type Hypervisor } from '@quickvirt/libvirt';
import type { Logger } from '@quickvirt/telemetry';
import { DeviceRemovals } from './device-removals.ts';
import { functionsInDomain, isHostDevice } from './domain-devices.ts';
import { domainPhase, stateReason, summarizeDomainXml } from './domain-state.ts';
import { decideSync } from './domain-sync.ts';
import { DomainWatch } from './domain-watch.ts';
import { GuestAddressReader } from './guest-address-reader.ts';
import { IoErrorRecovery } from './io-error-recovery.ts';
import type { DiskDirectories } from './prepare-disks.ts';
import { SerialConsole } from './serial-console.ts';
import { SyncRun, type SyncRequest } from './sync-run.ts';

/** How QEMU ended, by libvirt's numbers. */
export interface DomainEnd {
  state: DomainState;
  reason: number;
}

export interface GuestOptions {
  domainName: string;
  runDirectory: string;
  disks: DiskDirectories;
  /** The hypervisor as soon as it is connected; throws when that takes too long. */
  hypervisor(): Promise<Hypervisor>;
}

/** With less the node's disk is taken for full: a disk image grows by some clusters at a time. */
const ROOM_BYTES = 16 * 1024 * 1024;

/** The pod is to end: no guest is started any more. */
export class GuestStopping extends Error {
  override readonly name = 'GuestStopping';
}

/** There is no guest whose CPUs could be stopped or let run. */
export class GuestNotRunning extends Error {
  override readonly name = 'GuestNotRunning';
}

/** The one domain of this launcher: what is asked of it, what it is, and when it ended. */
export class Guest {
  readonly watch = new DomainWatch();
  readonly console: SerialConsole;
  /** Settles once a guest that was started is off. Never rejects. */
  readonly ended: Promise<DomainEnd>;
  #resolveEnded!: (end: DomainEnd) => void;
  readonly #removals = new DeviceRemovals();
  readonly #addresses: GuestAddressReader;
  readonly #recovery: IoErrorRecovery;
  readonly #options: GuestOptions;
  readonly #logger: Logger;
  #hypervisor: Hypervisor | undefined;
  #started = false;
  #released = false;
  #panicked = false;
  #stopRequested = false;
  #hasAcpi = true;
  #pauseAsked = false;
  /** One SyncDomain after the other. */
  #turn: Promise<unknown> = Promise.resolve();
  #syncing = false;
  #refreshing: Promise<void> | undefined;
  #refreshAgain = false;

  constructor(options: GuestOptions, logger: Logger) {
    this.#options = options;
    this.#logger = logger;
    this.console = new SerialConsole((error) => logger.warn('the serial log is given up', { error }));
    this.#addresses = new GuestAddressReader((guestPciDevices) => this.watch.update({ guestPciDevices }), logger);
    this.#recovery = new IoErrorRecovery(
      {
        resume: async () => (await this.#domain())?.resume(),
        hasRoom: () => hasRoom(options.disks.disks),
        monotonicMs: () => performance.now(),
        after: (delayMs, run) => {
          const timer = setTimeout(run, delayMs).unref();
          return () => clearTimeout(timer);
        },
      },
      logger,
    );
    this.ended = new Promise((resolve) => {
      this.#resolveEnded = resolve;
    });
  }

  /** False when the guest has no ACPI, so that nobody can ask it to power off. */
  get hasAcpi(): boolean {
    return this.#hasAcpi;
  }

  /** Takes a fresh connection: hears its events, and reads what happened while there was none. */
  async connected(hypervisor: Hypervisor): Promise<void> {
    await hypervisor.subscribe('lifecycle', (domain, { event }) => {
      if (domain.name !== this.#options.domainName) return;
      if (event === LifecycleEvent.crashed) this.#panicked = true;
      void this.#refresh();
    });
    await this.#hearDevices(hypervisor);
    this.#hypervisor = hypervisor;
    await this.#refresh();
  }

  async #hearDevices(hypervisor: Hypervisor): Promise<void> {
    const isOurs = ({ name }: { name: string }): boolean => name === this.#options.domainName;
    await hypervisor.subscribe('deviceAdded', (domain) => void (isOurs(domain) && this.#refresh()));
    await hypervisor.subscribe('deviceRemoved', (domain, { deviceAlias }) => {
      if (!isOurs(domain)) return;
      this.#removals.tell(deviceAlias, 'removed');
      void this.#refresh();
    });
    await hypervisor.subscribe('deviceRemovalFailed', (domain, { deviceAlias }) => {
      if (isOurs(domain)) this.#removals.tell(deviceAlias, 'refused');
    });
  }

  /**
   * Brings the domain to what is asked for. One at a time; the same again does nothing.
   * @throws what the steps throw, see SyncRun. @throws GuestStopping when the pod is to end before the guest is started.
   */
  sync(request: SyncRequest): Promise<{ started: boolean }> {
    const run = this.#turn.then(() => this.#syncNow(request));
    this.#turn = run.catch(() => {});
    return run;
  }

  /** From now on no guest is started. Resolves, when a SyncDomain under way has ended, to whether there is a guest. */
  async requestStop(): Promise<{ started: boolean }> {
    this.#stopRequested = true;
    await this.#turn;
    return { started: this.#started };
  }

  /** Presses the guest's power button, if there is a guest. */
  async pressButton(): Promise<void> {
    await (await this.#domain())?.shutdown();
  }

  /** Ends QEMU, if there is a guest. */
  async destroy(): Promise<void> {
    await (await this.#domain())?.destroy();
  }

  /** Stops the guest's CPUs, unless they stand. @throws GuestNotRunning when there are none. */
  async pause(): Promise<void> {
    const { domain, state } = await this.#startedDomain();
    this.#pauseAsked = true;
    this.#recovery.tell(false);
    if (state !== DomainState.paused) await domain.suspend();
  }

  /** Lets the guest's CPUs run, unless they do. @throws GuestNotRunning when there are none. */
  async unpause(): Promise<void> {
    const { domain, state } = await this.#startedDomain();
    this.#pauseAsked = false;
    if (state === DomainState.paused) await domain.resume();
  }

  /** The guest once SyncDomain let it run, or left it paused as it was asked to: before, pausing is SyncDomain's. */
  async #startedDomain(): Promise<{ domain: Domain; state: DomainState }> {
    const domain = this.#released ? await this.#domain() : undefined;
    const state = (await domain?.state())?.state;
    if (!domain || state === undefined || state === DomainState.shutoff || state === DomainState.crashed)
      throw new GuestNotRunning('the guest does not run: it has not started yet, or has ended');
    return { domain, state };
  }

  async #domain(): Promise<Domain | undefined> {
    return (await this.#options.hypervisor()).findDomain(this.#options.domainName);
  }

  async #syncNow(request: SyncRequest): Promise<{ started: boolean }> {
    this.#syncing = true;
    try {
      const started = await this.#runSteps(request, await this.#options.hypervisor());
      this.watch.update({ error: '' });
      return { started };
    } catch (error) {
      this.#logger.error('the guest could not be brought to what the VMI asks for', { error });
      this.watch.update({ error: error instanceof Error ? error.message : String(error) });
      throw error;
    } finally {
      this.#syncing = false;
      await this.#refresh();
    }
  }

  async #runSteps(request: SyncRequest, hypervisor: Hypervisor): Promise<boolean> {
    const domain = await hypervisor.findDomain(this.#options.domainName);
    const steps = decideSync(request.vmi, {
      domain: domain && (await domain.state()),
      started: this.#started,
      released: this.#released,
      stopRequested: this.#stopRequested,
      hostDevices:
        domain && this.#released
          ? functionsInDomain(await domain.xml())
              .filter(isHostDevice)
              .map(({ name }) => name)
          : [],
    });
    const { runDirectory, disks } = this.#options;
    const removals = this.#removals;
    const run = new SyncRun(request, { runDirectory, disks, hypervisor, console: this.console, removals }, domain);
    for (const step of steps) {
      if (this.#stopRequested && !this.#started) throw new GuestStopping('the pod is to end: no guest is started');
      await run.run(step);
      if (step.kind === 'start') {
        this.#started = true;
        this.#hasAcpi = request.vmi.spec.domain.features?.acpi?.enabled !== false;
      }
      if (step.kind === 'release') this.#released = true;
      this.#logger.info('step done', { step: step.kind });
    }
    return steps.some(({ kind }) => kind === 'start');
  }

  /** Reads the domain's state and tells it. Calls that come while one is under way become one more. */
  #refresh(): Promise<void> {
    this.#refreshAgain = true;
    this.#refreshing ??= this.#refreshUntilCurrent();
    return this.#refreshing;
  }

  async #refreshUntilCurrent(): Promise<void> {
    while (this.#refreshAgain) {
      this.#refreshAgain = false;
      try {
        await this.#readState();
      } catch (error) {
        // The next connection or event reads it again.
        this.#logger.warn('the state of the domain could not be read', { error });
      }
    }
    this.#refreshing = undefined;
  }

  async #readState(): Promise<void> {
    // A SyncDomain under way reads at its end: what is half done is nobody's concern.
    if (this.#syncing || !this.#hypervisor) return;
    const domain = await this.#hypervisor.findDomain(this.#options.domainName);
    if (!domain) {
      if (this.#started) this.#end({ state: DomainState.shutoff, reason: 0 });
      return;
    }
    const { state, reason } = await domain.state();
    const isOff = state === DomainState.shutoff || state === DomainState.crashed;
    // A start whose answer was lost is seen here.
    if (!isOff) this.#started = true;
    if (!this.#started) return;
    const told = this.watch.snapshot.state;
    const phase = domainPhase(state);
    const domainXml = isOff ? told.domainXml : await domain.xml();
    const summary = isOff ? {} : summarizeDomainXml(domainXml);
    const why = stateReason(state, reason);
    this.watch.update({ phase, reason: why, uuid: domain.uuid, domainXml, ...summary });
    this.#recovery.tell(phase === 'PAUSED' && why === 'io-error' && !this.#pauseAsked);
    if (isOff) this.#addresses.stop();
    else
      this.#addresses.watch(
        domain,
        functionsInDomain(domainXml).map(({ alias }) => alias),
      );
    if (isOff) this.#end(this.#panicked ? { state: DomainState.crashed, reason } : { state, reason });
  }

  #end(end: DomainEnd): void {
    this.#logger.info('the guest has ended', { ...end });
    this.#resolveEnded(end);
  }
}

async function hasRoom(directory: string): Promise<boolean> {
  const { bavail, bsize } = await statfs(directory);
  return bavail * bsize >= ROOM_BYTES;
}
