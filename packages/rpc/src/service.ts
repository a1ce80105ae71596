import type { Duplex } from 'node:stream';

/** One method of a contract, as the generated types write it. */
export interface MethodShape {
  request: object;
  response: object;
  kind: 'unary-unary' | 'unary-stream' | 'stream-unary' | 'stream-stream';
}

/** A contract: its methods by name, as in `gen/`. */
export type ServiceShape = Record<string, MethodShape>;

/** A message as a sender writes it: every field may be left out and has proto3's zero value then. */
export type Init<T> = T extends Uint8Array
  ? Uint8Array
  : T extends (infer Item)[]
    ? Init<Item>[]
    : T extends object
      ? { [Field in keyof T]?: Init<T[Field]> }
      : T;

export interface UnaryOptions {
  /** The call fails with DEADLINE_EXCEEDED after it. Defaults to 10 s. */
  timeoutMs?: number;
  signal?: AbortSignal;
}

export interface StreamOptions {
  /** Left out: as long as the connection lives, which keepalive pings watch. */
  timeoutMs?: number;
  signal?: AbortSignal;
}

/**
 * A stream of messages both ways, with Node's back-pressure: `Out` is written, `In` is read. Ending the writable side
 * half-closes; `destroy()` cancels the call. Fails with RpcError.
 */
export interface MessageDuplex<Out, In> extends Duplex {
  write(message: Out, callback?: (error: Error | null | undefined) => void): boolean;
  write(message: Out, encoding: BufferEncoding, callback?: (error: Error | null | undefined) => void): boolean;
  [Symbol.asyncIterator](): NodeJS.AsyncIterator<In>;
}

type ClientMethod<M extends MethodShape> = M['kind'] extends 'unary-unary'
  ? (request: Init<M['request']>, options?: UnaryOptions) => Promise<M['response']>
  : M['kind'] extends 'unary-stream'
    ? (request: Init<M['request']>, options?: StreamOptions) => AsyncIterable<M['response']>
    : M['kind'] extends 'stream-stream'
      ? (options?: StreamOptions) => MessageDuplex<Init<M['request']>, M['response']>
      : never;

/**
 * A connection's methods. All fail with RpcError. A stream of responses ends its call when the reader leaves its loop or
 * the signal aborts.
 */
export type Client<S extends ServiceShape> = { readonly [M in keyof S]: ClientMethod<S[M]> } & {
  /** Ends the connection and every call on it. */
  close(): void;
};

/** What a handler knows of its call. */
export interface CallContext {
  /** Aborts when the caller is gone, cancels, or its deadline is over. */
  signal: AbortSignal;
}

type Handler<M extends MethodShape> = M['kind'] extends 'unary-unary'
  ? (request: M['request'], context: CallContext) => Promise<Init<M['response']>>
  : M['kind'] extends 'unary-stream'
    ? (request: M['request'], context: CallContext) => AsyncIterable<Init<M['response']>>
    : M['kind'] extends 'stream-stream'
      ? (stream: MessageDuplex<Init<M['response']>, M['request']>, context: CallContext) => Promise<void>
      : never;

/**
 * What serves a contract, method by method. An RpcError thrown reaches the caller as it is; any other error as INTERNAL
 * with its message. A handler of a stream both ways ends the call by resolving.
 */
export type Handlers<S extends ServiceShape> = { [M in keyof S]: Handler<S[M]> };
