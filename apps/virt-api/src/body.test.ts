import { describe, expect, test } from '@jest/globals';
import { assertDepth, parseOptions } from './body.ts';
import { RequestRefused } from './status.ts';

describe('options', () => {
  test.each([
    ['', {}],
    ['null', {}],
    ['{"gracePeriod":0}', { gracePeriod: 0 }],
    ['gracePeriod: 0\ndryRun: [All]\n', { gracePeriod: 0, dryRun: ['All'] }],
  ])('%j', (text, options) => {
    expect(parseOptions(Buffer.from(text))).toEqual(options);
  });

  test.each([
    ['{"broken'],
    ['[1]'],
    ['just text'],
    ['a: &a [x]\nb: *a\n'], // an alias can make a small body huge
    ['['.repeat(100_000)],
    [`{"a":${'['.repeat(200)}${']'.repeat(200)}}`],
  ])('%.20s... is refused with 400', (text) => {
    let refusal: unknown;
    try {
      parseOptions(Buffer.from(text));
    } catch (error) {
      refusal = error;
    }
    expect(refusal).toBeInstanceOf(RequestRefused);
    expect((refusal as RequestRefused).status).toMatchObject({
      code: 400,
      message: expect.stringMatching(/^Can not unmarshal Request body to struct, error: /),
    });
  });
});

test('brackets within strings do not count as depth', () => {
  expect(() => assertDepth(`{"a":"${'['.repeat(1000)}\\"${'{'.repeat(1000)}"}`)).not.toThrow();
  expect(() => assertDepth('['.repeat(129))).toThrow(RangeError);
});
