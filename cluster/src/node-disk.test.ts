import { describe, expect, test } from '@jest/globals';
import { nodeDiskBytes } from './node-disk.ts';

describe('nodeDiskBytes', () => {
  test('reads whole Gi', () => {
    expect(nodeDiskBytes('8Gi')).toBe(8 * 2 ** 30);
  });

  test.each(['8', '8GB', '-8Gi', '7.5Gi', '', '5Gi'])('refuses %j, and says what it takes', (size) => {
    expect(() => nodeDiskBytes(size)).toThrow(`--node-disk-size ${size}: a whole number of Gi, 6Gi at least`);
  });
});
