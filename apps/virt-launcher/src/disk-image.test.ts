import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { DISK_HEADER_BYTES, identifyDiskImage, UnsafeDiskImage } from './disk-image.ts';

function qcow2(
  fields: { version?: number; backingFileOffset?: bigint; sizeBytes?: bigint; features?: bigint } = {},
): Buffer {
  const header = Buffer.alloc(DISK_HEADER_BYTES);
  header.write('QFI\xfb', 'latin1');
  header.writeUInt32BE(fields.version ?? 3, 4);
  header.writeBigUInt64BE(fields.backingFileOffset ?? 0n, 8);
  header.writeBigUInt64BE(fields.sizeBytes ?? 1n << 30n, 24);
  header.writeBigUInt64BE(fields.features ?? 0n, 72);
  return header;
}

describe('identifyDiskImage', () => {
  test('tells qcow2 by its header and its size from it', () => {
    expect(identifyDiskImage(qcow2(), 200_000)).toEqual({ format: 'qcow2', virtualSizeBytes: 2 ** 30 });
    // Lazy refcounts and dirty bit are harmless.
    expect(identifyDiskImage(qcow2({ features: 3n }), 1)).toMatchObject({ format: 'qcow2' });
  });

  test('everything else is raw, formats that QEMU knows included', () => {
    expect(identifyDiskImage(Buffer.from('KDMV'), 10)).toEqual({ format: 'raw', virtualSizeBytes: 10 });
    expect(identifyDiskImage(Buffer.alloc(0), 0)).toEqual({ format: 'raw', virtualSizeBytes: 0 });
  });

  test.each([
    ['names a backing file', qcow2({ backingFileOffset: 0x200n })],
    ['names a backing file, version 2', qcow2({ version: 2, backingFileOffset: 1n })],
    ['keeps its data in another file', qcow2({ features: 4n })],
    ['has an unknown version', qcow2({ version: 4 })],
    ['has an impossible size', qcow2({ sizeBytes: 2n ** 63n })],
    ['is cut short', qcow2().subarray(0, 80)],
  ])('an image that %s is refused', (_name, header) => {
    expect(() => identifyDiskImage(header, 1)).toThrow(UnsafeDiskImage);
  });

  test('any bytes are raw, a safe qcow2, or refused', () => {
    const magic = fc.constantFrom('', 'QFI\xfb', 'QFI\xfb\0\0\0\x03');
    fc.assert(
      fc.property(magic, fc.uint8Array({ maxLength: DISK_HEADER_BYTES }), (start, noise) => {
        try {
          const { virtualSizeBytes } = identifyDiskImage(Buffer.concat([Buffer.from(start, 'latin1'), noise]), 7);
          expect(Number.isSafeInteger(virtualSizeBytes)).toBe(true);
        } catch (error) {
          expect(error).toBeInstanceOf(UnsafeDiskImage);
        }
      }),
    );
  });
});
