import { describe, expect, test } from '@jest/globals';
import { Metrics } from '@quickvirt/telemetry';
import { FakeClock } from '@quickvirt/testing';
import fc from 'fast-check';
import { WorkQueueMetrics } from './work-queue-metrics.ts';
import { WorkQueue } from './work-queue.ts';

const key = fc.constantFrom('a', 'b', 'c');
const step = fc.oneof(
  fc.record({ add: key }),
  fc.record({ addAfter: key, delayMs: fc.integer({ min: 1, max: 50 }) }),
  fc.record({ retry: key }),
  fc.constant('take' as const),
  fc.record({ done: key }),
  fc.record({ advance: fc.integer({ min: 0, max: 60 }) }),
);

describe('WorkQueue', () => {
  test('never hands out a key that is worked on, never loses one, takes in order', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 60, size: 'max' }), async (steps) => {
        const clock = new FakeClock();
        const queue = new WorkQueue({ clock, random: () => 1 });
        const working = new Set<string>();
        /** Keys somebody asked for since they were last taken. */
        const asked = new Set<string>();
        let asks = 0;
        let takes = 0;
        const ask = (each: string): void => {
          asked.add(each);
          asks += 1;
        };
        const take = async (): Promise<void> => {
          if (queue.depth === 0) return;
          const taken = (await queue.take()) as string;
          expect(working.has(taken)).toBe(false);
          expect((takes += 1)).toBeLessThanOrEqual(asks);
          working.add(taken);
          asked.delete(taken);
        };
        for (const each of steps) {
          if (each === 'take') await take();
          else if ('add' in each) {
            queue.add(each.add);
            ask(each.add);
          } else if ('addAfter' in each) {
            queue.addAfter(each.addAfter, each.delayMs);
            ask(each.addAfter);
          } else if ('retry' in each) {
            queue.addRateLimited(each.retry);
            ask(each.retry);
          } else if ('done' in each) {
            queue.done(each.done);
            working.delete(each.done);
          } else await clock.advance(each.advance);
        }
        // In the end everything that was asked for comes out, once.
        for (const each of working) queue.done(each);
        working.clear();
        await clock.advance(120_000);
        while (queue.depth > 0) {
          await take();
          for (const each of working) queue.done(each);
          working.clear();
        }
        expect([...asked]).toEqual([]);
      }),
      { numRuns: 200 },
    );
  });

  test('a key added many times is taken once; added while worked on, once more', async () => {
    const queue = new WorkQueue();
    queue.add('a');
    queue.add('a');
    queue.add('b');
    expect(await queue.take()).toBe('a');
    queue.add('a');
    queue.add('a');
    expect(await queue.take()).toBe('b');
    expect(queue.depth).toBe(0);
    queue.done('a');
    expect(queue.depth).toBe(1);
    expect(await queue.take()).toBe('a');
    queue.done('a');
    expect(queue.depth).toBe(0);
  });

  test('of several delays the earliest holds', async () => {
    const clock = new FakeClock();
    const queue = new WorkQueue({ clock });
    queue.addAfter('a', 1_000);
    queue.addAfter('a', 500);
    queue.addAfter('a', 2_000);
    await clock.advance(499);
    expect(queue.depth).toBe(0);
    await clock.advance(1);
    expect(queue.depth).toBe(1);
    expect(clock.pending).toBe(0);
  });

  test('failures double the delay up to a limit; success forgets them', () => {
    const queue = new WorkQueue({ clock: new FakeClock(), random: () => 1, minRetryMs: 20, maxRetryMs: 100 });
    expect([1, 2, 3, 4].map(() => queue.addRateLimited('a'))).toEqual([20, 40, 80, 100]);
    queue.forget('a');
    expect(queue.addRateLimited('a')).toBe(20);
  });

  test('workers run keys side by side, one key one at a time, and end with the work under way', async () => {
    const queue = new WorkQueue();
    const abort = new AbortController();
    const gates = new Map<string, PromiseWithResolvers<void>>();
    const begun: string[] = [];
    const run = queue.run(2, abort.signal, async (each) => {
      begun.push(each);
      const gate = Promise.withResolvers<void>();
      gates.set(each, gate);
      await gate.promise;
    });
    for (const each of ['a', 'a', 'b', 'c']) queue.add(each);
    await Promise.resolve();
    await new Promise((resolve) => setImmediate(resolve));
    expect(begun).toEqual(['a', 'b']);
    abort.abort();
    let ended = false;
    void run.then(() => (ended = true));
    gates.get('a')?.resolve();
    await new Promise((resolve) => setImmediate(resolve));
    expect(ended).toBe(false);
    gates.get('b')?.resolve();
    await run;
    expect(begun).toEqual(['a', 'b']);
  });

  test('metrics carry the given prefix and the queue as label', async () => {
    const metrics = new Metrics();
    const clock = new FakeClock();
    const observers = ['vm', 'vmi'].map((name) => new WorkQueueMetrics(metrics, { name, prefix: 'kubevirt_', clock }));
    const [first, second] = observers.map((observer) => new WorkQueue({ clock, observer })) as [WorkQueue, WorkQueue];
    first.add('a');
    first.add('b');
    second.addRateLimited('x');
    await clock.advance(2_000);
    await first.take();
    await clock.advance(3_000);
    const { body } = await metrics.expose();
    const lines = body.split('\n');
    for (const line of [
      'kubevirt_workqueue_adds_total{name="vm"} 2',
      'kubevirt_workqueue_depth{name="vm"} 1',
      'kubevirt_workqueue_retries_total{name="vmi"} 1',
      'kubevirt_workqueue_unfinished_work_seconds{name="vm"} 3',
      'kubevirt_workqueue_longest_running_processor_seconds{name="vm"} 3',
      'kubevirt_workqueue_queue_duration_seconds_sum{name="vm"} 2',
      'kubevirt_workqueue_depth{name="vmi"} 1',
    ]) {
      expect(lines).toContain(line);
    }
  });
});
