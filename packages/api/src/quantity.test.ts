import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import {
  addQuantities,
  compareQuantities,
  formatQuantity,
  milliUnits,
  parseQuantity,
  QuantityError,
  quantityOf,
  tryParseQuantity,
  wholeUnits,
} from './quantity.ts';

describe('parseQuantity', () => {
  test.each([
    ['0', 0n],
    ['1', 1n],
    ['1.0', 1n],
    ['.5', 1n],
    ['1500m', 2n],
    ['64Mi', 67108864n],
    ['1.5Gi', 1610612736n],
    ['1k', 1000n],
    ['1E', 10n ** 18n],
    ['1e3', 1000n],
    ['1E3', 1000n],
    ['12e-1', 2n],
    ['-1500m', -2n],
    ['+2', 2n],
    ['1n', 1n],
    ['1e9999999999', 2n ** 63n - 1n],
    ['9223372036854775808', 2n ** 63n - 1n],
    ['-99999999999999999999Ei', -(2n ** 63n - 1n)],
    ['1e-9999999999', 1n],
    [3, 3n],
    [0.25, 1n],
    [1e21, 2n ** 63n - 1n],
  ])('%p holds %p whole units', (text, units) => {
    expect(wholeUnits(text)).toBe(units);
  });

  test.each([
    '',
    ' ',
    '1 ',
    ' 1',
    '1Kb',
    '1ki',
    '1KI',
    '0x1',
    '1.2.3',
    '.',
    '-',
    '1e',
    '1e1.5',
    '1i',
    'Mi',
    '１',
    '9'.repeat(129),
    NaN,
    Infinity,
  ])('%p is refused', (text) => {
    expect(() => parseQuantity(text)).toThrow(QuantityError);
  });

  test('what is no text and no number is no quantity', () => {
    expect([undefined, null, {}, [], true, 5n].map((value) => tryParseQuantity(value))).toEqual(
      Array.from({ length: 6 }, () => undefined),
    );
  });
});

describe('formatQuantity', () => {
  test.each([
    ['1024', '1024'],
    ['1024Ki', '1Mi'],
    ['1000Mi', '1000Mi'],
    ['1536Mi', '1536Mi'],
    ['1.5Gi', '1536Mi'],
    ['0.5Ki', '512'],
    ['0.5Mi', '512Ki'],
    ['1000m', '1'],
    ['1500m', '1500m'],
    ['2000', '2k'],
    ['1e3', '1e3'],
    ['1500e0', '1500'],
    ['0Gi', '0'],
    ['-2048Ki', '-2Mi'],
    ['0.0000000001', '1n'],
  ])('%p is written %p', (text, canonical) => {
    expect(formatQuantity(text)).toBe(canonical);
  });

  test('quantityOf writes bytes with binary suffixes', () => {
    expect(formatQuantity(quantityOf(64 * 1024 * 1024))).toBe('64Mi');
    expect(formatQuantity(quantityOf(2000n, 'DecimalSI'))).toBe('2k');
  });
});

test('arithmetic is exact where doubles are not', () => {
  expect(formatQuantity(addQuantities('0.1', '0.2'))).toBe('300m');
  expect(compareQuantities('9007199254740993', '9007199254740992')).toBe(1);
  expect(compareQuantities('1Gi', '1024Mi')).toBe(0);
  expect(compareQuantities('1G', '1Gi')).toBe(-1);
  expect(milliUnits('0.0001')).toBe(1n);
});

const quantityText = fc
  .tuple(
    fc.constantFrom('', '-', '+'),
    fc.bigInt({ min: 0n, max: 10n ** 12n }),
    fc.option(fc.nat({ max: 999 }), { nil: undefined }),
    fc.constantFrom('', 'n', 'u', 'm', 'k', 'M', 'Ki', 'Mi', 'Gi', 'e3', 'E-3'),
  )
  .map(([sign, whole, fraction, suffix]) => `${sign}${whole}${fraction === undefined ? '' : `.${fraction}`}${suffix}`);

test('the canonical text holds the same amount and is its own canonical text', () => {
  fc.assert(
    fc.property(quantityText, (text) => {
      const canonical = formatQuantity(text);
      expect(parseQuantity(canonical).nano).toBe(parseQuantity(text).nano);
      expect(formatQuantity(canonical)).toBe(canonical);
    }),
  );
});

test('any text is read or refused, in bounded time', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.stringMatching(/^[0-9.eEKMi+-]{0,200}$/)), (text) => {
      tryParseQuantity(text);
    }),
  );
});
