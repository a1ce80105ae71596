import { loggerOver, type Logger, type LoggerOptions } from './logger.ts';

export interface LineLoggerOptions extends LoggerOptions {
  /** Takes one line with its newline. Defaults to stderr. */
  write?: (line: string) => void;
}

/**
 * A Logger with no dependency at all, for processes whose memory is counted (virt-launcher: one per VM). Same lines as
 * `createLogger`, written to stderr. A field that JSON cannot hold (a cycle) is dropped with the reason, the line stays.
 */
export function createLineLogger(options: LineLoggerOptions): Logger {
  const write = options.write ?? ((line: string) => void process.stderr.write(line));
  return loggerOver((line) => write(`${toJson(line)}\n`), options);
}

function toJson(line: Record<string, unknown>): string {
  try {
    return JSON.stringify(line, bigintsAsStrings);
  } catch (error) {
    const { time, level, component, message } = line;
    return JSON.stringify({ time, level, component, message, fieldsDropped: String(error) });
  }
}

function bigintsAsStrings(_key: string, value: unknown): unknown {
  return typeof value === 'bigint' ? value.toString() : value;
}
