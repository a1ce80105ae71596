/** What tests share. Never imported by product code. */
export { FakeClock } from './fake-clock.ts';
export { expectGolden, goldenJson } from './golden.ts';
export { eventually, settle, type EventuallyOptions } from './settle.ts';
