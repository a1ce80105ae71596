import { describe, expect, test } from '@jest/globals';
import type { Lease, StoreChange } from '@quickvirt/kube';
import { FakeClock } from '@quickvirt/testing';
import { Heartbeats } from './heartbeats.ts';

const START = new Date('2026-01-01T00:00:00Z');

function harness() {
  const clock = new FakeClock(START);
  const leases = new Map<string, Lease>();
  let tell: (change: StoreChange<Lease>) => void = () => undefined;
  const source = {
    subscribe: (listener: (change: StoreChange<Lease>) => void) => ((tell = listener), () => undefined),
    store: { get: (key: string) => leases.get(key) } as never,
  };
  const heartbeats = new Heartbeats(source, 'quickvirt', clock);
  const renew = (at: Date) => {
    const previous = leases.get('quickvirt/virt-handler-n1');
    const object = { metadata: { name: 'virt-handler-n1' }, spec: { renewTime: at.toISOString() } } as unknown as Lease;
    leases.set('quickvirt/virt-handler-n1', object);
    tell({ type: 'applied', object, previous });
  };
  return { clock, heartbeats, renew };
}

describe('the age of a heartbeat', () => {
  test('is infinite where there was none', () => {
    expect(harness().heartbeats.ageMs('n1')).toBe(Infinity);
  });

  test('is the time in the Lease until a renewal is seen', () => {
    const { heartbeats, renew } = harness();
    renew(new Date(START.getTime() - 70_000));
    expect(heartbeats.ageMs('n1')).toBe(70_000);
  });

  test('counts from when a renewal was seen: the clock of the node does not matter', async () => {
    const { clock, heartbeats, renew } = harness();
    renew(START);
    renew(new Date('2020-01-01T00:00:00Z'));
    expect(heartbeats.ageMs('n1')).toBe(0);
    await clock.advance(5_000);
    expect(heartbeats.ageMs('n1')).toBe(5_000);
  });

  test('is the same whatever jumps our own clock makes', () => {
    const { clock, heartbeats, renew } = harness();
    renew(START);
    renew(new Date(START.getTime() + 1));
    clock.setWallClock(new Date('2030-01-01T00:00:00Z'));
    expect(heartbeats.ageMs('n1')).toBe(0);
    clock.setWallClock(new Date('2001-01-01T00:00:00Z'));
    expect(heartbeats.ageMs('n1')).toBe(0);
  });
});
