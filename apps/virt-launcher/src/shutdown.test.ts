import { describe, expect, test } from '@jest/globals';
import { createLineLogger } from '@quickvirt/telemetry';
import { shutDownGuest } from './shutdown.ts';

const logger = createLineLogger({ component: 'test', write: () => {} });

/** A guest that powers off at the press of this number; 0 for one that never does. */
function guestThatHeeds(press: number) {
  const { promise: ended, resolve } = Promise.withResolvers<void>();
  const done: string[] = [];
  return {
    done,
    ended,
    pressButton: async () => {
      done.push('press');
      if (done.length === press) resolve();
      if (done.length === 1) throw new Error('libvirtd is just being restarted');
    },
    destroy: async () => void done.push('destroy'),
  };
}

describe('shutDownGuest', () => {
  test('presses until the guest heeds it, also when a press fails', async () => {
    const guest = guestThatHeeds(3);
    const limits = { gracePeriodMs: 60_000, pressEveryMs: 1 };
    expect(await shutDownGuest(guest, guest.ended, limits, logger)).toEqual({ gracePeriodOver: false });
    expect(guest.done).toEqual(['press', 'press', 'press']);
  });

  test('ends a guest that does not heed it in time', async () => {
    const guest = guestThatHeeds(0);
    const limits = { gracePeriodMs: 20, pressEveryMs: 1_000 };
    expect(await shutDownGuest(guest, guest.ended, limits, logger)).toEqual({ gracePeriodOver: true });
    expect(guest.done).toEqual(['press', 'destroy']);
  });

  test('without a grace period the guest is not asked', async () => {
    const guest = guestThatHeeds(1);
    await shutDownGuest(guest, guest.ended, { gracePeriodMs: 0, pressEveryMs: 1_000 }, logger);
    expect(guest.done).toEqual(['destroy']);
  });

  test('what fails at the end is left to the pod’s end', async () => {
    const guest = { ...guestThatHeeds(0), destroy: () => Promise.reject(new Error('libvirtd is gone')) };
    const limits = { gracePeriodMs: 0, pressEveryMs: 1 };
    expect(await shutDownGuest(guest, guest.ended, limits, logger)).toEqual({ gracePeriodOver: true });
  });
});
