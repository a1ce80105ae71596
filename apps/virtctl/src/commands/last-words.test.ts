import { expect, test } from '@jest/globals';
import { lastWords } from './last-words.ts';

test('last words for people: what is known, and no empty headings', () => {
  expect(
    lastWords({
      reason: 'QEMUKilled',
      message: 'QEMU was killed',
      exitCode: 3,
      nodeName: 'n1',
      consoleLog: ['Kernel panic', 'not syncing'],
      qemuLog: [],
    }),
  ).toBe(
    [
      'Reason:    QEMUKilled',
      'Message:   QEMU was killed',
      'Exit code: 3',
      'Node:      n1',
      '',
      'Guest console, last lines:',
      '  Kernel panic',
      '  not syncing',
    ].join('\n'),
  );
});
