import type { Gauge, Logger, Metrics } from '@quickvirt/telemetry';
import type { ApiClient } from './client.ts';
import { systemClock, type Clock } from './clock.ts';
import { leases, type Lease } from './core-types.ts';
import { isAlreadyExists, isConflict } from './errors.ts';
import { Informer } from './informer.ts';

export interface LeaderElectorOptions {
  lease: { name: string; namespace: string };
  /** Names this process; the pod's name plus something unique. */
  identity: string;
  /** How long others wait after the last renewal they saw. Defaults to 15 s. */
  leaseDurationMs?: number;
  /** The leader gives up when it could not renew for this long. Defaults to 10 s. */
  renewDeadlineMs?: number;
  /** Time between renewals and between attempts. Defaults to 2 s. */
  retryPeriodMs?: number;
  logger: Logger;
  metrics?: Metrics;
  /** Prefix of metric names. Defaults to none. */
  metricsPrefix?: string;
  clock?: Clock;
  /** 0 to 1, for the jitter of retries. Defaults to Math.random. */
  random?: () => number;
}

/** client-go's rule (leader election configuration): a request that hangs leaves time for another. */
const ATTEMPTS_WITHIN_DEADLINE = 2;

/** Leadership was lost while work was under way: the process must end, another may be leading already. */
export class LeadershipLost extends Error {
  constructor(message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = 'LeadershipLost';
  }
}

type LeaseSpec = NonNullable<Lease['spec']>;

/**
 * Leader election by a coordination.k8s.io Lease. Times in the Lease are for people: a candidate judges by how long it
 * has itself seen the Lease unchanged, so clocks need not agree, only run at about the same rate (client-go's rule).
 * A candidate watches the Lease and so takes over as soon as it is released. Needs get, list, watch, create and update
 * on the Lease. Give it a client of its own: renewals then wait for no connection behind the work that they are for.
 */
export class LeaderElector {
  readonly #client: ApiClient;
  readonly #options: LeaderElectorOptions;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #durationMs: number;
  readonly #renewDeadlineMs: number;
  readonly #retryPeriodMs: number;
  readonly #status: Gauge<'name'> | undefined;
  #isLeader = false;
  /** When the request that last renewed the Lease was sent: others may count from then. */
  #renewedAtMs = 0;

  constructor(client: ApiClient, options: LeaderElectorOptions) {
    const { leaseDurationMs = 15_000, renewDeadlineMs = 10_000, retryPeriodMs = 2_000, metrics } = options;
    if (!(leaseDurationMs > renewDeadlineMs && renewDeadlineMs > retryPeriodMs)) {
      throw new RangeError('leader election needs leaseDurationMs > renewDeadlineMs > retryPeriodMs');
    }
    this.#client = client;
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#logger = options.logger.child({ lease: `${options.lease.namespace}/${options.lease.name}` });
    this.#durationMs = leaseDurationMs;
    this.#renewDeadlineMs = renewDeadlineMs;
    this.#retryPeriodMs = retryPeriodMs;
    this.#status = metrics?.gauge({
      name: `${options.metricsPrefix ?? ''}leader_election_master_status`,
      help: 'Whether this process leads: 1 or 0.',
      labelNames: ['name'],
    });
    this.#status?.set({ name: options.lease.name }, 0);
  }

  get isLeader(): boolean {
    return this.#isLeader;
  }

  /**
   * Waits for leadership, then runs `lead` with a signal that is aborted when leadership is lost or `signal` is aborted.
   * On stop it waits for `lead` to end, renewing meanwhile, and releases the Lease, so that a successor starts at once.
   * @throws LeadershipLost when the Lease could not be renewed in time; what `lead` throws.
   */
  async run(signal: AbortSignal, lead: (signal: AbortSignal) => Promise<void>): Promise<void> {
    const acquired = await this.#acquire(signal);
    if (!acquired) return;
    this.#renewedAtMs = acquired.renewedAtMs;
    // Others have seen the Lease run out, if the process stood still since it took it.
    this.#remainingMs();
    this.#setLeader(true);
    this.#logger.info('leading', { identity: this.#options.identity });
    const leading = new AbortController();
    const stop = () => leading.abort(signal.reason);
    if (signal.aborted) stop();
    signal.addEventListener('abort', stop, { once: true });
    const renewing = new AbortController();
    const work = lead(leading.signal).finally(() => renewing.abort());
    // Its rejection is taken below; unhandled meanwhile it would end the process.
    work.catch(() => undefined);
    try {
      const lease = await this.#renewUntil(renewing.signal, acquired);
      try {
        await work;
      } finally {
        await this.#release(lease);
      }
    } catch (error) {
      if (error instanceof LeadershipLost) {
        leading.abort(error);
        const grace = new AbortController();
        const graceMs = this.#graceMs();
        await Promise.race([work.catch(() => undefined), this.#clock.sleep(graceMs, grace.signal)]).finally(() =>
          grace.abort(),
        );
      }
      throw error;
    } finally {
      signal.removeEventListener('abort', stop);
      this.#setLeader(false);
    }
  }

  /** How long work may take to end: until the Lease runs out for others; no time when it has, after a pause of the process. */
  #graceMs(): number {
    const leftMs = this.#renewedAtMs + this.#durationMs - this.#clock.monotonicMs();
    return Math.max(0, Math.min(leftMs, this.#durationMs - this.#renewDeadlineMs));
  }

  #setLeader(isLeader: boolean): void {
    this.#isLeader = isLeader;
    this.#status?.set({ name: this.#options.lease.name }, isLeader ? 1 : 0);
  }

  /** Watches the Lease until it is free or run out, then takes it; undefined when aborted. */
  async #acquire(signal: AbortSignal): Promise<AcquiredLease | undefined> {
    const { name, namespace } = this.#options.lease;
    const informer = new Informer<Lease>(this.#client, leases, {
      namespace,
      fieldSelector: `metadata.name=${name}`,
      logger: this.#logger,
      clock: this.#clock,
      random: this.#options.random,
    });
    const watching = new AbortController();
    const stop = () => watching.abort();
    if (signal.aborted) stop();
    signal.addEventListener('abort', stop, { once: true });
    const seen = new SeenLease(this.#clock);
    let changed = Promise.withResolvers<void>();
    informer.subscribe((change) => {
      seen.take(change.type === 'applied' ? change.object : undefined);
      changed.resolve();
    });
    const running = informer.run(watching.signal);
    try {
      await Promise.race([informer.synced(), running]);
      while (!signal.aborted) {
        changed = Promise.withResolvers<void>();
        const waitMs = seen.freeInMs(this.#options.identity, this.#durationMs);
        const acquired = waitMs <= 0 ? await this.#tryTake(seen.lease, signal) : undefined;
        if (acquired) return acquired;
        await this.#wait(changed.promise, waitMs <= 0 ? this.#retryPeriodMs : waitMs, signal);
      }
      return undefined;
    } finally {
      watching.abort();
      signal.removeEventListener('abort', stop);
      await running;
    }
  }

  async #wait(changed: Promise<void>, delayMs: number, signal: AbortSignal): Promise<void> {
    const sleeping = new AbortController();
    const stop = () => sleeping.abort();
    signal.addEventListener('abort', stop, { once: true });
    const slept = this.#clock.sleep(delayMs, sleeping.signal).catch(() => undefined);
    await Promise.race([changed, slept]);
    sleeping.abort();
    signal.removeEventListener('abort', stop);
  }

  /** One attempt; undefined when another was faster or the API server did not answer. */
  async #tryTake(current: Lease | undefined, signal: AbortSignal): Promise<AcquiredLease | undefined> {
    const sentAtMs = this.#clock.monotonicMs();
    const now = microTime(this.#clock.now());
    const isOurs = current?.spec?.holderIdentity === this.#options.identity;
    const transitions = current?.spec?.leaseTransitions ?? 0;
    const spec: LeaseSpec = {
      ...current?.spec,
      holderIdentity: this.#options.identity,
      leaseDurationSeconds: Math.ceil(this.#durationMs / 1000),
      acquireTime: isOurs ? current?.spec?.acquireTime : now,
      renewTime: now,
      leaseTransitions: current && !isOurs ? transitions + 1 : transitions,
    };
    try {
      const call = { signal, timeoutMs: this.#retryPeriodMs * 2 };
      const lease = current
        ? await this.#client.replace(leases, { ...current, spec }, call)
        : await this.#client.create(leases, { metadata: { ...this.#options.lease }, spec }, call);
      return { lease, renewedAtMs: sentAtMs };
    } catch (error) {
      if (signal.aborted) return undefined;
      if (isConflict(error) || isAlreadyExists(error)) this.#logger.info('another candidate was faster');
      else this.#logger.warn('cannot take the lease', { error });
      return undefined;
    }
  }

  /** Renews each period until aborted; answers the Lease as last written. */
  async #renewUntil(done: AbortSignal, acquired: AcquiredLease): Promise<Lease> {
    let { lease } = acquired;
    let nextInMs = this.#retryPeriodMs;
    for (;;) {
      // Before it waits, too: an answer that came late, or was read late by a process that stood still, renews nothing.
      const waitMs = Math.min(nextInMs, this.#remainingMs());
      await this.#clock.sleep(waitMs, done).catch(() => undefined);
      if (done.aborted) return lease;
      nextInMs = this.#retryPeriodMs;
      const remainingMs = this.#remainingMs();
      const sentAtMs = this.#clock.monotonicMs();
      const spec: LeaseSpec = { ...lease.spec, renewTime: microTime(this.#clock.now()) };
      const timeoutMs = Math.min(remainingMs, this.#renewDeadlineMs / ATTEMPTS_WITHIN_DEADLINE);
      try {
        lease = await this.#client.replace(leases, { ...lease, spec }, { timeoutMs });
        this.#renewedAtMs = sentAtMs;
      } catch (error) {
        if (isConflict(error)) {
          lease = await this.#afterConflict(lease, Math.min(timeoutMs, this.#remainingMs()));
          nextInMs = 0;
        } else {
          this.#logger.warn('cannot renew the lease', { remainingMs, error });
          // What took long to fail has waited already.
          nextInMs = Math.max(0, this.#retryPeriodMs - (this.#clock.monotonicMs() - sentAtMs));
        }
      }
    }
  }

  /** How long the leader may go on without a renewal. @throws LeadershipLost when it may not. */
  #remainingMs(): number {
    const remainingMs = this.#renewedAtMs + this.#renewDeadlineMs - this.#clock.monotonicMs();
    if (remainingMs <= 0) throw new LeadershipLost(`the lease was not renewed for ${this.#renewDeadlineMs} ms`);
    return remainingMs;
  }

  /** Someone wrote the Lease: a take-over ends leadership, anything else (a label) is taken along. */
  async #afterConflict(lease: Lease, timeoutMs: number): Promise<Lease> {
    let current: Lease;
    try {
      current = await this.#client.get(leases, this.#options.lease, { timeoutMs });
    } catch (error) {
      this.#logger.warn('cannot read the lease', { error });
      return lease;
    }
    const holder = current.spec?.holderIdentity;
    if (holder !== this.#options.identity) throw new LeadershipLost(`the lease is held by "${holder ?? ''}" now`);
    return current;
  }

  async #release(lease: Lease): Promise<void> {
    const now = microTime(this.#clock.now());
    // Empty holder and one second, so that candidates that only look at times need not wait either.
    const spec: LeaseSpec = { ...lease.spec, holderIdentity: '', leaseDurationSeconds: 1, renewTime: now };
    try {
      await this.#client.replace(leases, { ...lease, spec }, { timeoutMs: this.#retryPeriodMs });
      this.#logger.info('lease released');
    } catch (error) {
      this.#logger.warn('cannot release the lease: a successor waits until it runs out', { error });
    }
  }
}

interface AcquiredLease {
  lease: Lease;
  /** When the request that renewed it was sent: others may count from then. */
  renewedAtMs: number;
}

/** A Lease and since when it has been seen unchanged. */
class SeenLease {
  readonly #clock: Clock;
  lease: Lease | undefined;
  #sinceMs = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  take(lease: Lease | undefined): void {
    this.lease = lease;
    this.#sinceMs = this.#clock.monotonicMs();
  }

  /** Time until a candidate may take it; 0 or less for now. */
  freeInMs(identity: string, defaultDurationMs: number): number {
    const spec = this.lease?.spec;
    if (!spec?.holderIdentity || spec.holderIdentity === identity) return 0;
    const durationMs = spec.leaseDurationSeconds ? spec.leaseDurationSeconds * 1000 : defaultDurationMs;
    return this.#sinceMs + durationMs - this.#clock.monotonicMs();
  }
}

/** meta/v1 MicroTime. */
function microTime(time: Date): string {
  return time.toISOString().replace('Z', '000Z');
}
