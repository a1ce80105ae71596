import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { encodeExitRecord, type ExitRecord, parseExitRecord } from './exit-record.ts';

const record: ExitRecord = {
  version: 1,
  phase: 'Failed',
  reason: 'QemuKilled',
  message: 'QEMU was killed by signal 9',
  lastLogLines: ['one', 'two'],
};

describe('an exit record', () => {
  test('is read as it was written', () => {
    expect(parseExitRecord(encodeExitRecord(record))).toEqual(record);
  });

  test('fits what the kubelet keeps, and loses its oldest log lines first', () => {
    fc.assert(
      fc.property(
        fc.array(fc.string({ unit: 'grapheme', maxLength: 600 }), { maxLength: 30 }),
        fc.string({ maxLength: 3000 }),
        (lines, message) => {
          const text = encodeExitRecord({ ...record, message, lastLogLines: lines });
          expect(new TextEncoder().encode(text).length).toBeLessThanOrEqual(4096);
          const kept = parseExitRecord(text)?.lastLogLines ?? [];
          expect(kept).toEqual(lines.slice(lines.length - kept.length));
        },
      ),
    );
  });

  test('keeps the last line of every log, however long the others are', () => {
    const many = Array.from({ length: 50 }, (_, index) => `${'x'.repeat(100)} ${index}`);
    const lists = { lastLogLines: many, libvirtLines: ['lost'], launcherLines: many, consoleLines: many };
    const read = parseExitRecord(encodeExitRecord({ ...record, ...lists }));
    expect(read?.libvirtLines).toEqual(['lost']);
    for (const lines of [read?.lastLogLines, read?.launcherLines, read?.consoleLines]) {
      expect(lines!.length).toBeGreaterThan(5);
      expect(lines!.at(-1)).toBe(many.at(-1));
    }
  });

  test.each([
    '',
    'oops',
    'null',
    '[]',
    '{"version":2,"phase":"Failed","reason":"X"}',
    '{"version":1,"phase":"Running","reason":"X"}',
    '{"version":1,"phase":"Failed","reason":"<b>"}',
  ])('is not what a guest may have written: %j', (text) => {
    expect(parseExitRecord(text)).toBeUndefined();
  });
});
