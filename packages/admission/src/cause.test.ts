import { describe, expect, test } from '@jest/globals';
import { nearestOf, oneOf, quoted } from './cause.ts';

describe('nearestOf', () => {
  test.each([
    ['virtoi', ['virtio', 'sata'], 'virtio'],
    ['coers', ['cores', 'sockets'], 'cores'],
    ['LiveMigrat', ['None', 'LiveMigrate'], 'LiveMigrate'],
    ['usb', ['virtio', 'sata'], undefined],
    ['Teleport', ['None', 'LiveMigrate'], undefined],
    ['x'.repeat(65), ['x'.repeat(64)], undefined],
  ])('%s', (value, allowed, nearest) => expect(nearestOf(value, allowed)).toBe(nearest));
});

test('oneOf names the value, what is allowed and the nearest', () => {
  expect(oneOf('virtoi', ['virtio', 'sata'])).toBe(
    '"virtoi" is not known; allowed: virtio, sata. Did you mean "virtio"?',
  );
});

test('quoted bounds what comes from outside', () => {
  expect(quoted('x'.repeat(1000))).toHaveLength(80);
});
