import { expect, test } from '@jest/globals';
import { denylistStandIns } from './denylist.ts';

/** `lea -0x37c8(%rax),%edx` */
const RANGE_TEST = Buffer.from('8d9038c8ffff', 'hex');
const code = Buffer.concat([Buffer.from('text'), RANGE_TEST, Buffer.from('more')]);

test('puts the stand-ins in the place of C62x', () => {
  expect(denylistStandIns(code).toString('hex')).toBe(`${Buffer.from('text').toString('hex')}8d90bba7ffff6d6f7265`);
});

test('takes the signature off', () => {
  const struct = Buffer.alloc(12);
  struct.writeUInt32BE(3, 8);
  const signed = Buffer.concat([code, Buffer.from('sig'), struct, Buffer.from('~Module signature appended~\n')]);
  expect(denylistStandIns(signed)).toEqual(denylistStandIns(code));
});

test('does not guess when the test is not there, or not once', () => {
  expect(() => denylistStandIns(Buffer.from('nothing'))).toThrow('vfio-pci.ko');
  expect(() => denylistStandIns(Buffer.concat([code, code]))).toThrow('vfio-pci.ko');
});
