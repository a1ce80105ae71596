import { beforeEach, expect, test } from '@jest/globals';
import { FakeClock } from '@quickvirt/testing';
import { createLineLogger } from '@quickvirt/telemetry';
import { IoErrorRecovery } from './io-error-recovery.ts';

let clock: FakeClock;
let resumes: number[];
let hasRoom: () => Promise<boolean>;
let resume: () => Promise<void>;
let recovery: IoErrorRecovery;

beforeEach(() => {
  clock = new FakeClock();
  resumes = [];
  hasRoom = async () => true;
  resume = async () => void resumes.push(clock.monotonicMs());
  const ports = {
    resume: () => resume(),
    hasRoom: () => hasRoom(),
    monotonicMs: () => clock.monotonicMs(),
    after: (delayMs: number, run: () => void) => clock.after(delayMs, run),
  };
  recovery = new IoErrorRecovery(ports, createLineLogger({ component: 'test', write: () => {} }));
});

test('a guest that an I/O error stopped is let run a second later, once', async () => {
  recovery.tell(true);
  recovery.tell(true);
  await clock.advance(120_000);
  expect(resumes).toEqual([1_000]);
});

test('not before there is room, and within 5 s of it', async () => {
  hasRoom = async () => false;
  recovery.tell(true);
  await clock.advance(300_000);
  expect(resumes).toEqual([]);
  hasRoom = async () => true;
  await clock.advance(5_000);
  expect(resumes).toHaveLength(1);
});

test('ever more rarely while the error stays, every 30 s in the end', async () => {
  resume = async () => {
    resumes.push(clock.monotonicMs());
    recovery.tell(true); // it failed again at once
  };
  recovery.tell(true);
  await clock.advance(150_000);
  expect(resumes).toEqual([1, 3, 7, 15, 31, 61, 91, 121].map((seconds) => seconds * 1000));
});

test('after a minute that went well an error is a new one', async () => {
  recovery.tell(true);
  await clock.advance(1_000);
  recovery.tell(false);
  await clock.advance(61_000);
  recovery.tell(true);
  await clock.advance(1_000);
  expect(resumes).toEqual([1_000, 63_000]);
});

test('not a guest that runs by now, was paused by a user, or is off', async () => {
  recovery.tell(true);
  recovery.tell(false);
  await clock.advance(120_000);
  expect([resumes, clock.pending]).toEqual([[], 0]);
});

test('not one that was paused while the room was looked for', async () => {
  const looking = Promise.withResolvers<boolean>();
  hasRoom = () => looking.promise;
  recovery.tell(true);
  await clock.advance(1_000);
  recovery.tell(false);
  looking.resolve(true);
  await clock.advance(120_000);
  expect(resumes).toEqual([]);
});

test('libvirtd that is away is asked again', async () => {
  let away = true;
  resume = async () => {
    resumes.push(clock.monotonicMs());
    if (away) throw new Error('no libvirtd');
  };
  recovery.tell(true);
  await clock.advance(1_000);
  away = false;
  await clock.advance(2_000);
  expect(resumes).toEqual([1_000, 3_000]);
});

test('a disk whose room cannot be read is asked again', async () => {
  hasRoom = () => Promise.reject(new Error('EIO'));
  recovery.tell(true);
  await clock.advance(1_000);
  hasRoom = async () => true;
  await clock.advance(1_000);
  expect(resumes).toEqual([2_000]);
});
