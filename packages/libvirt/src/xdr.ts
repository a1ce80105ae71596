import { XdrError } from './errors.ts';

/**
 * XDR, the encoding of libvirt's messages (RFC 4506): big-endian units of four bytes. A codec knows both directions and
 * its TypeScript type is inferred, so a procedure's row in the table is its only description.
 */
export interface Codec<T> {
  /** The fewest bytes a value can take. A decoded array is refused when it cannot fit into what is left. */
  readonly minBytes: number;
  encode(writer: Writer, value: T): void;
  /** @throws XdrError when the bytes are no such value. */
  decode(reader: Reader): T;
}

/** The type that a codec carries. */
export type Decoded<C> = C extends Codec<infer T> ? T : never;

const paddingAfter = (length: number): number => (4 - (length & 3)) & 3;

/** Appends values to a buffer that grows. */
export class Writer {
  #buffer: Buffer;
  #length: number;

  /** @param reservedBytes left free at the start, for a header that is filled in last. */
  constructor(reservedBytes = 0, capacity = 256) {
    this.#buffer = Buffer.alloc(Math.max(capacity, reservedBytes));
    this.#length = reservedBytes;
  }

  /** What was written so far, sharing memory with the writer. */
  bytes(): Buffer {
    return this.#buffer.subarray(0, this.#length);
  }

  int32(value: number): void {
    this.#length = this.#room(4).writeInt32BE(value, this.#length);
  }

  uint32(value: number): void {
    this.#length = this.#room(4).writeUInt32BE(value, this.#length);
  }

  int64(value: bigint): void {
    this.#length = this.#room(8).writeBigInt64BE(value, this.#length);
  }

  uint64(value: bigint): void {
    this.#length = this.#room(8).writeBigUInt64BE(value, this.#length);
  }

  double(value: number): void {
    this.#length = this.#room(8).writeDoubleBE(value, this.#length);
  }

  /** Bytes as they are: the body of a stream message, which is no XDR. */
  raw(value: Uint8Array): void {
    this.#room(value.length).set(value, this.#length);
    this.#length += value.length;
  }

  /** Bytes without their length, padded with zeros to a multiple of four. */
  opaque(value: Uint8Array): void {
    const padding = paddingAfter(value.length);
    const buffer = this.#room(value.length + padding);
    buffer.set(value, this.#length);
    this.#length += value.length;
    buffer.fill(0, this.#length, this.#length + padding);
    this.#length += padding;
  }

  #room(bytes: number): Buffer {
    const needed = this.#length + bytes;
    if (needed > this.#buffer.length) {
      const larger = Buffer.alloc(Math.max(this.#buffer.length * 2, needed));
      this.#buffer.copy(larger, 0, 0, this.#length);
      this.#buffer = larger;
    }
    return this.#buffer;
  }
}

/** Takes values off one message. Each read checks the bytes that are left, so no input reads beyond the end. */
export class Reader {
  readonly #buffer: Buffer;
  #position = 0;

  constructor(message: Buffer) {
    this.#buffer = message;
  }

  get bytesLeft(): number {
    return this.#buffer.length - this.#position;
  }

  int32(): number {
    return this.#buffer.readInt32BE(this.#take(4));
  }

  uint32(): number {
    return this.#buffer.readUInt32BE(this.#take(4));
  }

  int64(): bigint {
    return this.#buffer.readBigInt64BE(this.#take(8));
  }

  uint64(): bigint {
    return this.#buffer.readBigUInt64BE(this.#take(8));
  }

  double(): number {
    return this.#buffer.readDoubleBE(this.#take(8));
  }

  /** The next bytes and their padding; shares memory with the message. */
  opaque(length: number): Buffer {
    const start = this.#take(length + paddingAfter(length));
    return this.#buffer.subarray(start, start + length);
  }

  /** All that is left, sharing memory with the message. */
  rest(): Buffer {
    return this.#buffer.subarray(this.#take(this.bytesLeft));
  }

  #take(bytes: number): number {
    const start = this.#position;
    if (bytes > this.bytesLeft) throw new XdrError(`${bytes} bytes wanted at offset ${start}, ${this.bytesLeft} left`);
    this.#position += bytes;
    return start;
  }
}

/** Builds a codec from its two directions. */
export function codec<T>(
  minBytes: number,
  encode: (writer: Writer, value: T) => void,
  decode: (reader: Reader) => T,
): Codec<T> {
  return { minBytes, encode, decode };
}

export const i32 = codec<number>(
  4,
  (writer, value) => writer.int32(value),
  (reader) => reader.int32(),
);
export const u32 = codec<number>(
  4,
  (writer, value) => writer.uint32(value),
  (reader) => reader.uint32(),
);
/** 64-bit integers stay bigint: cpu.time in ns passes 2^53 after 104 CPU days. */
export const i64 = codec<bigint>(
  8,
  (writer, value) => writer.int64(value),
  (reader) => reader.int64(),
);
export const u64 = codec<bigint>(
  8,
  (writer, value) => writer.uint64(value),
  (reader) => reader.uint64(),
);
export const f64 = codec<number>(
  8,
  (writer, value) => writer.double(value),
  (reader) => reader.double(),
);

/** UTF-8. Bytes that are none become U+FFFD: libvirt passes guest-made text through. */
export const str = codec<string>(
  4,
  (writer, value) => {
    const bytes = Buffer.from(value, 'utf8');
    writer.uint32(bytes.length);
    writer.opaque(bytes);
  },
  (reader) => reader.opaque(reader.uint32()).toString('utf8'),
);

/** Variable-length bytes; the decoded copy does not hold on to the message. */
export const bytes = codec<Uint8Array>(
  4,
  (writer, value) => {
    writer.uint32(value.length);
    writer.opaque(value);
  },
  (reader) => Buffer.from(reader.opaque(reader.uint32())),
);

/** No value at all. */
export const nothing = codec<void>(
  0,
  () => {},
  () => {},
);

/** XDR's optional: a flag word, then the value. */
export function opt<T>(inner: Codec<T>): Codec<T | null> {
  return codec<T | null>(
    4,
    (writer, value) => {
      writer.uint32(value === null ? 0 : 1);
      if (value !== null) inner.encode(writer, value);
    },
    (reader) => (reader.uint32() === 0 ? null : inner.decode(reader)),
  );
}

/** XDR's variable-length array. The count is checked against the bytes that are left before anything is made. */
export function array<T>(element: Codec<T>): Codec<T[]> {
  const minBytes = Math.max(4, element.minBytes);
  return codec<T[]>(
    4,
    (writer, values) => {
      writer.uint32(values.length);
      for (const value of values) element.encode(writer, value);
    },
    (reader) => {
      const count = reader.uint32();
      if (count * minBytes > reader.bytesLeft) {
        throw new XdrError(`array of ${count} elements cannot fit into the ${reader.bytesLeft} bytes left`);
      }
      return Array.from({ length: count }, () => element.decode(reader));
    },
  );
}

/** Fields in order, as an object. */
export function struct<F extends Record<string, Codec<unknown>>>(fields: F): Codec<{ [K in keyof F]: Decoded<F[K]> }> {
  const entries = Object.entries(fields);
  const minBytes = entries.reduce((sum, [, field]) => sum + field.minBytes, 0);
  return codec<{ [K in keyof F]: Decoded<F[K]> }>(
    minBytes,
    (writer, value) => {
      for (const [name, field] of entries) field.encode(writer, value[name]);
    },
    (reader) => {
      const value: Record<string, unknown> = {};
      for (const [name, field] of entries) value[name] = field.decode(reader);
      return value as { [K in keyof F]: Decoded<F[K]> };
    },
  );
}
