import { describe, expect, test } from '@jest/globals';
import { FakeClock } from './fake-clock.ts';

describe('FakeClock', () => {
  test('runs what becomes due in order, and what that leads to', async () => {
    const clock = new FakeClock();
    const story: string[] = [];
    clock.after(20, () => story.push(`second at ${clock.monotonicMs()}`));
    clock.after(10, () => {
      story.push(`first at ${clock.monotonicMs()}`);
      clock.after(5, () => story.push(`child at ${clock.monotonicMs()}`));
    });
    const cancel = clock.after(15, () => story.push('never'));
    cancel();
    await clock.advance(20);
    expect(story).toEqual(['first at 10', 'child at 15', 'second at 20']);
    expect(clock.pending).toBe(0);
  });

  test('a sleep that is aborted rejects and leaves no timer', async () => {
    const clock = new FakeClock();
    const abort = new AbortController();
    const sleep = clock.sleep(10, abort.signal);
    abort.abort(new Error('enough'));
    await expect(sleep).rejects.toThrow('enough');
    expect(clock.pending).toBe(0);
  });

  test('a step of the wall clock is no time that passes', async () => {
    const clock = new FakeClock();
    clock.setWallClock(new Date('2030-01-01T00:00:00Z'));
    expect(clock.monotonicMs()).toBe(0);
    await clock.advance(1_000);
    expect(clock.now().toISOString()).toBe('2030-01-01T00:00:01.000Z');
  });
});
