import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { XdrError } from './errors.ts';
import { domainEvents, type DomainEvent } from './event-table.ts';
import { encodeFrame, FrameSplitter, HEADER_BYTES, MAX_FRAME_BYTES } from './frame.ts';
import { procedures, type Procedure } from './procedures.ts';
import { domainRef } from './remote-types.ts';
import { paramsByField, param, typedParam } from './typed-params.ts';
import { array, bytes, f64, i32, i64, opt, Reader, str, struct, u32, u64, Writer, type Codec } from './xdr.ts';

function encoded<T>(codec: Codec<T>, value: T): Buffer {
  const writer = new Writer();
  codec.encode(writer, value);
  return Buffer.from(writer.bytes());
}

const everything = struct({
  a: i32,
  b: u32,
  c: i64,
  d: u64,
  e: f64,
  f: str,
  g: bytes,
  h: opt(str),
  i: array(struct({ j: str, k: i32 })),
});
const anyValue = fc.record({
  a: fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }),
  b: fc.nat(2 ** 32 - 1),
  c: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  d: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
  e: fc.double({ noNaN: true }),
  f: fc.string({ unit: 'binary' }),
  g: fc.uint8Array().map((array_) => Buffer.from(array_)),
  h: fc.option(fc.string({ unit: 'binary' })),
  i: fc.array(fc.record({ j: fc.string({ unit: 'binary' }), k: fc.nat() })),
});

describe('XDR', () => {
  test('what is written is read again, in whole words, to the last byte', () => {
    fc.assert(
      fc.property(anyValue, (value) => {
        const message = encoded(everything, value);
        expect(message.length % 4).toBe(0);
        const reader = new Reader(message);
        expect(everything.decode(reader)).toEqual(value);
        expect(reader.bytesLeft).toBe(0);
      }),
    );
  });

  test('a message that is cut anywhere is an XdrError', () => {
    fc.assert(
      fc.property(anyValue, fc.nat(), (value, at) => {
        const message = encoded(everything, value);
        const cut = message.subarray(0, at % message.length);
        expect(() => everything.decode(new Reader(cut))).toThrow(XdrError);
      }),
    );
  });

  test('no reply or event of the table does anything but decode or throw XdrError, whatever the bytes', () => {
    const codecs = [
      ...Object.values(procedures).map(({ reply }) => reply as Codec<unknown>),
      ...Object.values(domainEvents).map(({ message }) => message as Codec<unknown>),
    ];
    fc.assert(
      fc.property(fc.constantFrom(...codecs), fc.uint8Array({ maxLength: 200 }), (codec, noise) => {
        try {
          codec.decode(new Reader(Buffer.from(noise)));
        } catch (error) {
          expect(error).toBeInstanceOf(XdrError);
        }
      }),
      { numRuns: 5_000 },
    );
  });

  test('a count beyond the message makes no array', () => {
    const huge = Buffer.alloc(16);
    huge.writeUInt32BE(0xffff_ffff);
    expect(() => array(i32).decode(new Reader(huge))).toThrow(/cannot fit/);
    huge.writeUInt32BE(4);
    expect(() => array(i32).decode(new Reader(huge))).toThrow(/cannot fit/);
    huge.writeUInt32BE(3);
    expect(array(i32).decode(new Reader(huge))).toEqual([0, 0, 0]);
    huge.writeUInt32BE(0xffff_ffff);
    expect(() => str.decode(new Reader(huge))).toThrow(XdrError);
  });

  test('a domain is name, 16 bytes of uuid, id', () => {
    const ref = { name: 'vm', uuid: '00112233-4455-6677-8899-aabbccddeeff', id: -1 };
    expect(encoded(domainRef, ref).toString('hex')).toBe('00000002766d000000112233445566778899aabbccddeeffffffffff');
    expect(domainRef.decode(new Reader(encoded(domainRef, ref)))).toEqual(ref);
  });

  test('typed parameters keep their types', () => {
    const params = [
      param.int('a', -1),
      param.uint('b', 2 ** 32 - 1),
      param.llong('c', -1n),
      param.ullong('d', 2n ** 64n - 1n),
      param.double('e', 0.5),
      param.boolean('f', true),
      param.string('g', 'x'),
    ];
    const read = array(typedParam).decode(new Reader(encoded(array(typedParam), params)));
    expect(read).toEqual(params);
    expect(paramsByField(read).get('f')).toBe(true);
    const unknown = encoded(struct({ field: str, type: i32 }), { field: 'x', type: 9 });
    expect(() => typedParam.decode(new Reader(Buffer.concat([unknown, Buffer.alloc(8)])))).toThrow(/type 9/);
  });

  test('numbers of procedures and events are unique', () => {
    const numbers = (Object.values(procedures) as Procedure[]).map(({ program, number }) => `${program}:${number}`);
    expect(new Set(numbers).size).toBe(numbers.length);
    const events = (Object.values(domainEvents) as DomainEvent[]).flatMap(({ id, number }) => [`i${id}`, `n${number}`]);
    expect(new Set(events).size).toBe(events.length);
  });
});

describe('frames', () => {
  const header = { program: 1, procedure: 2, type: 0, serial: 3, status: 0 };

  test('come out whole however the bytes arrive', () => {
    const sizes = fc.array(fc.nat(300), { minLength: 1, maxLength: 8 });
    fc.assert(
      fc.property(sizes, fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 1 }), (bodies, cuts) => {
        const frames = bodies.map((size) => encodeFrame(header, (writer) => writer.raw(Buffer.alloc(size, size))));
        const all = Buffer.concat(frames);
        const splitter = new FrameSplitter();
        const seen: Buffer[] = [];
        for (let at = 0, turn = 0; at < all.length; turn++) {
          const next = at + cuts[turn % cuts.length]!;
          seen.push(...splitter.push(all.subarray(at, next)));
          at = next;
        }
        expect(seen).toEqual(frames);
      }),
    );
  });

  test.each([0, HEADER_BYTES - 1, MAX_FRAME_BYTES + 1])('a length of %d is refused', (length) => {
    const message = Buffer.alloc(HEADER_BYTES);
    message.writeUInt32BE(length);
    expect(() => [...new FrameSplitter().push(message)]).toThrow(XdrError);
  });

  test('a message above the limit is not sent', () => {
    expect(() => encodeFrame(header, (writer) => writer.raw(Buffer.alloc(MAX_FRAME_BYTES)))).toThrow(RangeError);
  });
});
