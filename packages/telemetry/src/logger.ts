/**
 * Which object a line is about. Kept as one nested field, so that a query on `object.name` finds the lines of one
 * object across all four apps.
 */
export interface LoggedObject {
  kind: string;
  namespace?: string;
  name: string;
  uid?: string;
}

/** Fields of one line. `error` may be any thrown value: it is written with name, message, code, stack and causes. */
export interface LogFields {
  object?: LoggedObject;
  /** One id for all lines of one reconcile. */
  reconcileId?: string;
  error?: unknown;
  [field: string]: unknown;
}

/**
 * The five methods every part of QuickVirt logs through. A line is one JSON object with `time` (RFC 3339, UTC),
 * `level`, `component`, `message` and the fields. Never pass Secret data or tokens: nothing is redacted.
 */
export interface Logger {
  /** Written only from verbosity 4 on (Kubernetes' level for debugging, SIG Instrumentation's logging guide). */
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
  /** A logger that adds `fields` to each of its lines; a line's own field of the same name wins. */
  child(fields: LogFields): Logger;
}

type LogLevel = 'debug' | 'info' | 'warn' | 'error';

/** Takes one finished line: level, text and fields in one object, `error` already made plain. */
export type LineSink = (line: Record<string, unknown> & { level: LogLevel; message: string }) => void;

export interface LoggerOptions {
  /** The app or part that writes, for example `virt-handler`. */
  component: string;
  /**
   * klog-style verbosity, 0 to 9; a function is asked at each line, so that a change of the configuration takes effect
   * at once. Defaults to 2.
   */
  verbosity?: number | (() => number);
}

const DEBUG_VERBOSITY = 4;

/** Builds the five methods over a sink. The two loggers of this package differ in their sink only. */
export function loggerOver(sink: LineSink, options: LoggerOptions, bound: LogFields = {}): Logger {
  const write = (level: LogLevel, message: string, fields?: LogFields): void => {
    const { error, ...rest } = { ...bound, ...fields };
    const plainError = error === undefined ? {} : { error: describeError(error) };
    sink({ time: new Date().toISOString(), level, component: options.component, message, ...rest, ...plainError });
  };
  return {
    debug: (message, fields) => {
      if (currentVerbosity(options) >= DEBUG_VERBOSITY) write('debug', message, fields);
    },
    info: (message, fields) => write('info', message, fields),
    warn: (message, fields) => write('warn', message, fields),
    error: (message, fields) => write('error', message, fields),
    child: (fields) => loggerOver(sink, options, { ...bound, ...fields }),
  };
}

function currentVerbosity({ verbosity }: LoggerOptions): number {
  return (typeof verbosity === 'function' ? verbosity() : verbosity) ?? 2;
}

const MAX_CAUSES = 5;

/** A thrown value as plain JSON: name, message, code, stack, and its causes to a depth of five. */
export function describeError(error: unknown, depth = 0): unknown {
  if (!(error instanceof Error)) return error;
  const { name, message, stack, cause } = error;
  const code = (error as { code?: unknown }).code;
  return {
    name,
    message,
    ...(code === undefined ? {} : { code }),
    // A cause's stack repeats the outer one for the most part.
    ...(depth === 0 ? { stack } : {}),
    ...(cause === undefined || depth >= MAX_CAUSES ? {} : { cause: describeError(cause, depth + 1) }),
  };
}
