import { expect, test } from '@jest/globals';
import { comparePciAddresses, isPciAddress, virtualFunctionAddress } from './pci-address.ts';

test.each([
  ['DH895xCC, 32 from offset 8', '0000:b1:00.0', 8, 32, '0000:b1:01.0', '0000:b1:04.7'],
  ['C62x, 16 from offset 8', '0000:3d:00.0', 8, 16, '0000:3d:01.0', '0000:3d:02.7'],
  ['4xxx, 16 from offset 1', '0000:6b:00.0', 1, 16, '0000:6b:00.1', '0000:6b:02.0'],
  ['over the end of a bus', '0001:3d:1f.7', 1, 1, '0001:3e:00.0', '0001:3e:00.0'],
])('where virtual functions are: %s', (_, card, offset, count, first, last) => {
  expect(virtualFunctionAddress(card, 0, { offset, stride: 1 })).toBe(first);
  expect(virtualFunctionAddress(card, count - 1, { offset, stride: 1 })).toBe(last);
});

test('the eleventh of a C62x is the function of the note', () => {
  expect(virtualFunctionAddress('0000:3d:00.0', 10, { offset: 8, stride: 1 })).toBe('0000:3d:02.2');
});

test('what is no address has none', () => {
  expect(() => virtualFunctionAddress('3d:00.0', 0, { offset: 1, stride: 1 })).toThrow(RangeError);
});

test.each([
  ['0000:3d:02.2', true],
  ['10000:00:01.0', true],
  ['3d:02.2', false],
  ['0000:3D:02.2', false],
  ['0000:3d:22.2', false],
  ['0000:3d:02.8', false],
  ['../0000:3d:02.2', false],
])('%s is an address: %s', (text, expected) => expect(isPciAddress(text)).toBe(expected));

test('the order is that of numbers, domains first', () => {
  const sorted = ['0000:3d:00.7', '0000:3d:01.0', '0000:da:00.0', '0001:01:00.0', '10000:00:00.0'];
  expect(sorted.toReversed().toSorted(comparePciAddresses)).toEqual(sorted);
});
