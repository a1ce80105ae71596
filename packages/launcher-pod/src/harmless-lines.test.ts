import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { harmlessLines } from './harmless-lines.ts';

describe('lines that a guest decides about', () => {
  test.each([
    [
      'a boot loader that clears the screen',
      '\u001b[2J\u001b[1;1HGRUB loading.\r\nerror: no such disk\r\n',
      ['GRUB loading.', 'error: no such disk'],
    ],
    ['a title for the terminal', '\u001b]0;rm -rf\u0007login: ', ['login:']],
    ['a bell and a NUL', 'a\u0007b\u0000c', ['a·b·c']],
    ['text that is turned around', 'abc\u202Etxt', ['abc·txt']],
    ['an escape that never ends', 'x\u001b[31', ['x·[31']],
    ['empty lines', '\n\n \n', []],
  ])('%s', (_what, text, lines) => expect(harmlessLines(text)).toEqual(lines));

  test('keep the last ones, within bounds, whatever they are', () => {
    const text = fc
      .array(fc.string({ unit: 'binary', maxLength: 900 }), { maxLength: 80 })
      .map((all) => all.join('\n'));
    fc.assert(
      fc.property(text, (all) => {
        const lines = harmlessLines(all);
        expect(lines.length).toBeLessThanOrEqual(40);
        expect(lines.join('').length).toBeLessThanOrEqual(2_048);
        expect(lines.join('')).not.toMatch(/[\p{Cc}\p{Cf}\p{Cs}]/u);
      }),
    );
    expect(harmlessLines(Array.from({ length: 90 }, (_, index) => `line ${index}`).join('\n')).at(-1)).toBe('line 89');
  });
});
