import { once } from 'node:events';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { createLineLogger } from '@quickvirt/telemetry';
import { eventually, FakeClock } from '@quickvirt/testing';
import type { KubeClient } from './client.ts';
import type { Clock } from './clock.ts';
import { leases } from './core-types.ts';
import { LeaderElector, LeadershipLost } from './leader-election.ts';
import { MemoryApiServer } from './testing/memory-api-server.ts';

const lease = { name: 'controller', namespace: 'default' };
const logger = createLineLogger({ component: 'test', write: () => undefined });

let server: MemoryApiServer;
let client: KubeClient;
let ends: (() => Promise<unknown>)[];

beforeEach(async () => {
  server = await MemoryApiServer.start();
  client = server.client();
  ends = [];
});

afterEach(async () => {
  server.intercept = undefined;
  for (const end of ends) await end();
  await client.close();
  await server.close();
});

/** One candidate with a clock of its own, as on another node. */
function candidate(identity: string, clock = new FakeClock()) {
  const elector = new LeaderElector(client, { lease, identity, logger, clock });
  const abort = new AbortController();
  const work = { signal: undefined as AbortSignal | undefined, gate: Promise.withResolvers<void>() };
  const run = elector.run(abort.signal, async (signal) => {
    work.signal = signal;
    signal.addEventListener('abort', () => work.gate.resolve(), { once: true });
    await work.gate.promise;
  });
  const ended = run.then(
    () => undefined,
    (error: unknown) => error,
  );
  let hasEnded = false;
  void ended.then(() => (hasEnded = true));
  const stop = () => {
    abort.abort();
    return eventually(async () => {
      await clock.advance(2_000);
      return hasEnded;
    });
  };
  ends.push(stop);
  return { elector, clock, abort, work, ended, stop };
}

/** A clock that is ahead of another by what `aheadMs` says: the process stood still, and its timers are due late. */
function behind(clock: FakeClock, aheadMs: () => number): Clock {
  return {
    now: () => clock.now(),
    monotonicMs: () => clock.monotonicMs() + aheadMs(),
    sleep: (delayMs, signal) => clock.sleep(delayMs, signal),
    after: (delayMs, act) => clock.after(delayMs, act),
  };
}

const holder = async () => (await client.get(leases, lease)).spec?.holderIdentity;

describe('LeaderElector', () => {
  test('the first candidate makes the Lease and leads', async () => {
    const { elector } = candidate('one');
    await eventually(() => elector.isLeader);
    const { spec } = await client.get(leases, lease);
    expect(spec).toMatchObject({ holderIdentity: 'one', leaseDurationSeconds: 15, leaseTransitions: 0 });
    expect(spec?.renewTime).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/);
  });

  test('renews each period, and a candidate never takes a Lease that is renewed', async () => {
    const one = candidate('one');
    await eventually(() => one.elector.isLeader);
    const two = candidate('two');
    await eventually(() => server.watches === 1);
    for (let second = 0; second < 60; second += 2) {
      const before = (await client.get(leases, lease)).metadata.resourceVersion;
      await one.clock.advance(2_000);
      await eventually(async () => (await client.get(leases, lease)).metadata.resourceVersion !== before);
      await two.clock.advance(2_000);
    }
    expect(two.elector.isLeader).toBe(false);
    expect(await holder()).toBe('one');
  });

  test('a release hands over at once, without time passing', async () => {
    const one = candidate('one');
    await eventually(() => one.elector.isLeader);
    const two = candidate('two');
    await eventually(() => server.watches === 1);
    one.abort.abort();
    expect(await one.ended).toBeUndefined();
    await eventually(() => two.elector.isLeader);
    expect(two.clock.monotonicMs()).toBe(0);
    expect((await client.get(leases, lease)).spec).toMatchObject({ holderIdentity: 'two', leaseTransitions: 1 });
  });

  test('keeps the Lease while its work ends', async () => {
    const slow = Promise.withResolvers<void>();
    const abort = new AbortController();
    const clock = new FakeClock();
    const elector = new LeaderElector(client, { lease: { ...lease, name: 'slow' }, identity: 'x', logger, clock });
    const run = elector.run(abort.signal, () => slow.promise);
    await eventually(() => elector.isLeader);
    abort.abort();
    await clock.advance(2_000);
    expect(elector.isLeader).toBe(true);
    expect((await client.get(leases, { ...lease, name: 'slow' })).spec?.holderIdentity).toBe('x');
    slow.resolve();
    await run;
    expect((await client.get(leases, { ...lease, name: 'slow' })).spec?.holderIdentity).toBe('');
  });

  test('a leader that cannot renew loses before anyone else may take over', async () => {
    const one = candidate('one');
    await eventually(() => one.elector.isLeader);
    server.intercept = (request, response) => {
      if (request.method !== 'PUT') return false;
      response.writeHead(500, { 'content-type': 'application/json' }).end('{"kind":"Status","code":500}');
      return true;
    };
    await eventually(async () => {
      await one.clock.advance(500);
      return one.work.signal?.aborted;
    });
    expect(one.clock.monotonicMs()).toBeLessThan(15_000);
    expect(await one.ended).toBeInstanceOf(LeadershipLost);
    expect(one.elector.isLeader).toBe(false);
  });

  test.each([
    ['is lost', false],
    ['takes effect without an answer', true],
  ])('a renewal that hangs leaves time for another; it %s', async (_what, takesEffect) => {
    const elector = new LeaderElector(client, {
      lease,
      identity: 'patient',
      logger,
      retryPeriodMs: 50,
      renewDeadlineMs: 1_000,
      leaseDurationMs: 1_500,
    });
    const abort = new AbortController();
    const run = elector.run(
      abort.signal,
      () => new Promise((done) => abort.signal.addEventListener('abort', () => done())),
    );
    await eventually(() => elector.isLeader);
    let hung = 0;
    server.intercept = async (request) => {
      if (request.method !== 'PUT' || hung > 0) return false;
      hung += 1;
      if (takesEffect) {
        const current = await client.get(leases, lease);
        await client.replace(leases, current);
      }
      return true;
    };
    await eventually(() => hung === 1);
    const before = (await client.get(leases, lease)).metadata.resourceVersion;
    await eventually(async () => (await client.get(leases, lease)).metadata.resourceVersion !== before);
    expect(elector.isLeader).toBe(true);
    abort.abort();
    await run;
  });

  test('leads by no Lease that it took before it was paused', async () => {
    const clock = new FakeClock();
    const paused = behind(clock, () => (taken ? 60_000 : 0));
    let taken = false;
    let led = false;
    server.intercept = ({ method }) => {
      taken ||= method === 'POST';
      return false;
    };
    const elector = new LeaderElector(client, { lease, identity: 'paused', logger, clock: paused });
    const run = elector.run(new AbortController().signal, async () => void (led = true));
    await expect(run).rejects.toBeInstanceOf(LeadershipLost);
    expect(await holder()).toBe('paused');
    expect([led, elector.isLeader]).toEqual([false, false]);
  });

  test.each([
    ['a renewal whose answer is read too late renews nothing', false],
    ['a conflict that is read too late is asked nothing about', true],
  ])('%s', async (_what, conflicts) => {
    const clock = new FakeClock();
    let pausedMs = 0;
    const paused = behind(clock, () => pausedMs);
    const elector = new LeaderElector(client, { lease, identity: 'paused', logger, clock: paused });
    const run = elector.run(new AbortController().signal, (signal) => once(signal, 'abort').then(() => undefined));
    const ended = expect(run).rejects.toBeInstanceOf(LeadershipLost);
    await eventually(() => elector.isLeader && clock.pending === 1);
    const asked: string[] = [];
    server.intercept = ({ method = '' }, response) => {
      asked.push(method);
      pausedMs = 60_000;
      if (conflicts)
        response
          .writeHead(409, { 'content-type': 'application/json' })
          .end('{"kind":"Status","code":409,"reason":"Conflict"}');
      return conflicts;
    };
    await clock.advance(2_000);
    await ended;
    expect(asked).toEqual(['PUT']);
    expect(clock.monotonicMs()).toBe(2_000);
  });

  test('a leader that was paused for longer than its Lease waits for nothing once it finds out', async () => {
    const fake = new FakeClock();
    let pausedMs = 0;
    const clock = behind(fake, () => pausedMs);
    const elector = new LeaderElector(client, { lease, identity: 'paused', logger, clock });
    let aborted = false;
    const run = elector.run(new AbortController().signal, (signal) => {
      signal.addEventListener('abort', () => (aborted = true), { once: true });
      // Work that does not end: whoever waited for it would lead beside a successor.
      return new Promise(() => undefined);
    });
    const ended = expect(run).rejects.toBeInstanceOf(LeadershipLost);
    await eventually(() => elector.isLeader && fake.pending === 1);
    pausedMs = 60_000;
    await fake.advance(2_000);
    await ended;
    expect(aborted).toBe(true);
    expect(fake.monotonicMs()).toBe(2_000);
  });

  test('a candidate takes over a Lease that it saw unchanged for its duration, whatever the clocks say', async () => {
    const farAhead = '2099-01-01T00:00:00.000000Z';
    await client.create(leases, {
      metadata: lease,
      spec: { holderIdentity: 'dead', leaseDurationSeconds: 15, acquireTime: farAhead, renewTime: farAhead },
    });
    const two = candidate('two');
    await eventually(() => two.clock.pending === 1);
    await two.clock.advance(14_999);
    expect(await holder()).toBe('dead');
    await two.clock.advance(1);
    await eventually(() => two.elector.isLeader);
  });

  test('gives way when the Lease was taken over', async () => {
    const one = candidate('one');
    await eventually(() => one.elector.isLeader);
    const current = await client.get(leases, lease);
    await client.replace(leases, { ...current, spec: { ...current.spec, holderIdentity: 'thief' } });
    await one.clock.advance(2_000);
    expect(await one.ended).toBeInstanceOf(LeadershipLost);
    expect(await holder()).toBe('thief');
  });

  test('takes a write of another field along and goes on leading', async () => {
    const one = candidate('one');
    await eventually(() => one.elector.isLeader);
    await client.patch(leases, lease, { metadata: { labels: { seen: 'yes' } } }, { kind: 'merge' });
    await one.clock.advance(2_000);
    await eventually(async () => {
      await one.clock.advance(1);
      const { spec, metadata } = await client.get(leases, lease);
      return metadata.labels?.['seen'] === 'yes' && spec?.renewTime !== spec?.acquireTime;
    });
    expect(one.elector.isLeader).toBe(true);
  });

  test('refuses times that would let two lead', () => {
    const options = { lease, identity: 'x', logger, leaseDurationMs: 5_000, renewDeadlineMs: 6_000 };
    expect(() => new LeaderElector(client, options)).toThrow(RangeError);
  });
});
