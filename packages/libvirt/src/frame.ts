import { XdrError } from './errors.ts';
import { Reader, Writer } from './xdr.ts';

/** `virNetMessageType`. The types that carry file descriptors cannot reach us: Node has no SCM_RIGHTS. */
export const MessageType = { call: 0, reply: 1, message: 2, stream: 3 } as const;
/** `virNetMessageStatus`. */
export const MessageStatus = { ok: 0, error: 1, continue: 2 } as const;

/** Length, program, version, procedure, type, serial, status: seven words. */
export const HEADER_BYTES = 28;
/** `VIR_NET_MESSAGE_MAX` and the length word itself. */
export const MAX_FRAME_BYTES = 32 * 1024 * 1024 + 4;
const PROTOCOL_VERSION = 1;

/** What stands before a message's body. */
export interface Header {
  program: number;
  procedure: number;
  type: number;
  serial: number;
  status: number;
}

/**
 * One whole message, ready for the socket.
 * @throws RangeError when it is longer than the protocol allows.
 */
export function encodeFrame(header: Header, writeBody: (writer: Writer) => void = () => {}): Buffer {
  const writer = new Writer(HEADER_BYTES);
  writeBody(writer);
  const frame = writer.bytes();
  if (frame.length > MAX_FRAME_BYTES) {
    throw new RangeError(`message of ${frame.length} bytes is above libvirt's limit of ${MAX_FRAME_BYTES}`);
  }
  frame.writeUInt32BE(frame.length, 0);
  frame.writeUInt32BE(header.program, 4);
  frame.writeUInt32BE(PROTOCOL_VERSION, 8);
  frame.writeInt32BE(header.procedure, 12);
  frame.writeInt32BE(header.type, 16);
  frame.writeUInt32BE(header.serial, 20);
  frame.writeInt32BE(header.status, 24);
  return frame;
}

/**
 * Splits a frame, as {@link FrameSplitter} gives it, into header and body.
 * @throws XdrError for a version of the protocol that is not ours.
 */
export function decodeFrame(frame: Buffer): { header: Header; body: Reader } {
  const version = frame.readUInt32BE(8);
  if (version !== PROTOCOL_VERSION) throw new XdrError(`message of protocol version ${version}, expected 1`);
  const header = {
    program: frame.readUInt32BE(4),
    procedure: frame.readInt32BE(12),
    type: frame.readInt32BE(16),
    serial: frame.readUInt32BE(20),
    status: frame.readInt32BE(24),
  };
  return { header, body: new Reader(frame.subarray(HEADER_BYTES)) };
}

/** Cuts a byte stream into frames. Holds at most one frame and one chunk of the socket. */
export class FrameSplitter {
  #chunks: Buffer[] = [];
  #held = 0;
  /** Bytes without which no further frame can be complete. */
  #wanted = 4;

  /**
   * Takes a chunk and yields the frames that are complete with it; they share memory with the chunks.
   * @throws XdrError for a length that no message can have; nothing more can be read then.
   */
  *push(chunk: Buffer): Generator<Buffer> {
    this.#chunks.push(chunk);
    this.#held += chunk.length;
    if (this.#held < this.#wanted) return;
    let rest = this.#chunks.length === 1 ? chunk : Buffer.concat(this.#chunks, this.#held);
    this.#wanted = 4;
    while (rest.length >= 4) {
      const length = rest.readUInt32BE(0);
      if (length < HEADER_BYTES || length > MAX_FRAME_BYTES)
        throw new XdrError(`message length ${length} is impossible`);
      if (rest.length < length) {
        this.#wanted = length;
        break;
      }
      yield rest.subarray(0, length);
      rest = rest.subarray(length);
    }
    this.#chunks = rest.length > 0 ? [rest] : [];
    this.#held = rest.length;
  }
}
