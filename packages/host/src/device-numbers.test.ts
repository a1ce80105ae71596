import { stat } from 'node:fs/promises';
import { expect, test } from '@jest/globals';
import { deviceNumbers } from './device-numbers.ts';

test('takes a dev_t apart', async () => {
  expect(deviceNumbers((await stat('/dev/null')).rdev)).toEqual({ major: 1, minor: 3 });
  expect(deviceNumbers(0x0a_e8)).toEqual({ major: 10, minor: 232 });
});
