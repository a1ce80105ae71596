import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { createLineLogger } from '@quickvirt/telemetry';
import { eventually, FakeClock } from '@quickvirt/testing';
import type { AnyInformer, Controller } from './controller.ts';
import { Manager } from './manager.ts';
import { pods } from './core-types.ts';

const logger = createLineLogger({ component: 'test', write: () => undefined });

let story: string[];
let sync: PromiseWithResolvers<void>;
let abort: AbortController;

beforeEach(() => {
  story = [];
  sync = Promise.withResolvers();
  abort = new AbortController();
});
afterEach(() => abort.abort());

const untilAborted = (signal: AbortSignal) =>
  new Promise<void>((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener('abort', () => resolve(), { once: true });
  });

const part = (name: string) => ({
  name,
  run: async (signal: AbortSignal) => {
    story.push(`${name} begins`);
    await untilAborted(signal);
    story.push(`${name} ends`);
  },
});

function informer(): AnyInformer {
  return { type: pods as AnyInformer['type'], isSynced: false, synced: () => sync.promise, run: part('informer').run };
}

const aController = (informers: AnyInformer[] = []): Controller => ({
  ...part('controller'),
  informers,
  enqueue: () => undefined,
});

describe('Manager', () => {
  test('starts work after the caches are filled and ends it before they close', async () => {
    const cache = informer();
    const manager = new Manager({ logger }).addControllers(aController([cache])).addRunnable(part('server'));
    const run = manager.run(abort.signal);
    await eventually(() => story.length === 1);
    expect(story).toEqual(['informer begins']);
    expect(manager.isSynced).toBe(false);
    sync.resolve();
    await eventually(() => story.length === 3);
    abort.abort();
    await run;
    expect(story.slice(0, 1)).toEqual(['informer begins']);
    expect(story.slice(1, 3).toSorted()).toEqual(['controller begins', 'server begins']);
    expect(story.at(-1)).toBe('informer ends');
  });

  test('stops before the sync', async () => {
    const run = new Manager({ logger }).addControllers(aController([informer()])).run(abort.signal);
    abort.abort();
    await run;
    expect(story).toEqual(['informer begins', 'informer ends']);
  });

  test('a part that fails stops the others, and its error ends the run', async () => {
    const broken = { name: 'broken', run: () => Promise.reject(new Error('no port')) };
    const manager = new Manager({ logger }).addControllers(aController()).addRunnable(broken);
    await expect(manager.run(abort.signal)).rejects.toThrow('no port');
    expect(story).toEqual(['controller begins', 'controller ends']);
  });

  test('a stop that takes too long is an error', async () => {
    const clock = new FakeClock();
    const stuck = { name: 'stuck', run: () => new Promise<void>(() => undefined) };
    const run = new Manager({ logger, clock, stopTimeoutMs: 5_000 }).addRunnable(stuck).run(abort.signal);
    const overdue = expect(run).rejects.toThrow('did not end within 5000 ms');
    await clock.advance(60_000);
    abort.abort();
    await clock.advance(5_000);
    await overdue;
  });
});
