/** What a disk image is, as far as QEMU must be told. */
export interface DiskImage {
  format: 'raw' | 'qcow2';
  virtualSizeBytes: number;
}

/** An image that is refused: it would make QEMU open further files. */
export class UnsafeDiskImage extends Error {
  override readonly name = 'UnsafeDiskImage';
}

/** Bytes of a file's start that {@link identifyDiskImage} reads. */
export const DISK_HEADER_BYTES = 104;

// QEMU docs/interop/qcow2.txt, section "Header".
const QCOW2_MAGIC = 0x51_46_49_fb;
const BACKING_FILE_OFFSET = 8;
const VIRTUAL_SIZE = 24;
const INCOMPATIBLE_FEATURES = 72;
const EXTERNAL_DATA_FILE = 1n << 2n;

/**
 * Tells format and size from a file's first bytes. Only qcow2 is recognised; everything else is raw, so that no file can
 * talk QEMU into one of its other formats. No program opens an image that nobody vouches for before this said yes.
 * @param header the file's first {@link DISK_HEADER_BYTES} bytes, fewer if it is shorter.
 * @throws UnsafeDiskImage for a qcow2 that names a backing file or an external data file, or has no sane header.
 */
export function identifyDiskImage(header: Buffer, fileSizeBytes: number): DiskImage {
  if (header.length < 4 || header.readUInt32BE(0) !== QCOW2_MAGIC)
    return { format: 'raw', virtualSizeBytes: fileSizeBytes };
  if (header.length < 72) throw new UnsafeDiskImage('the qcow2 header is cut short');
  const version = header.readUInt32BE(4);
  if (version !== 2 && version !== 3) throw new UnsafeDiskImage(`qcow2 version ${version} is unknown`);
  if (header.readBigUInt64BE(BACKING_FILE_OFFSET) !== 0n) {
    throw new UnsafeDiskImage('the qcow2 image names a backing file: flatten it with "qemu-img convert -O qcow2"');
  }
  if (version === 3) {
    if (header.length < DISK_HEADER_BYTES) throw new UnsafeDiskImage('the qcow2 header is cut short');
    if ((header.readBigUInt64BE(INCOMPATIBLE_FEATURES) & EXTERNAL_DATA_FILE) !== 0n) {
      throw new UnsafeDiskImage(
        'the qcow2 image keeps its data in another file: convert it with "qemu-img convert -O qcow2"',
      );
    }
  }
  const virtualSize = header.readBigUInt64BE(VIRTUAL_SIZE);
  if (virtualSize > BigInt(Number.MAX_SAFE_INTEGER))
    throw new UnsafeDiskImage(`a size of ${virtualSize} bytes is impossible`);
  return { format: 'qcow2', virtualSizeBytes: Number(virtualSize) };
}
