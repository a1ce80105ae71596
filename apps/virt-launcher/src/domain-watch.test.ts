import { expect, test } from '@jest/globals';
import { DomainWatch } from './domain-watch.ts';

test('tells the present state at once, each change, the last of many, and ends when closed', async () => {
  const watch = new DomainWatch();
  watch.update({ phase: 'RUNNING', reason: 'booted' });
  const snapshots = watch.snapshots(new AbortController().signal);
  expect((await snapshots.next()).value).toMatchObject({ revision: 2, state: { phase: 'RUNNING' } });

  const next = snapshots.next();
  watch.update({ reason: 'booted' });
  watch.update({ phase: 'PAUSED' });
  expect((await next).value).toMatchObject({ revision: 3, state: { phase: 'PAUSED', reason: 'booted' } });

  watch.update({ phase: 'RUNNING' });
  watch.update({ phase: 'SHUT_OFF' });
  watch.close();
  expect((await snapshots.next()).value).toMatchObject({ revision: 5, state: { phase: 'SHUT_OFF' } });
  expect((await snapshots.next()).done).toBe(true);
});

test('a watcher that goes away ends', async () => {
  const watch = new DomainWatch();
  const gone = new AbortController();
  const snapshots = watch.snapshots(gone.signal);
  await snapshots.next();
  const next = snapshots.next();
  gone.abort();
  expect((await next).done).toBe(true);
});
