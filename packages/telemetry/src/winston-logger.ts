import winston from 'winston';
import { loggerOver, type Logger, type LoggerOptions } from './logger.ts';

/**
 * The Logger of the long-running apps: winston with the one Console transport, JSON lines on stdout. winston's own
 * levels are left wide open; verbosity is judged per line (see `LoggerOptions.verbosity`), because `configure()` at run
 * time leaks.
 */
export function createLogger(options: LoggerOptions): Logger {
  const backend = winston.createLogger({
    level: 'debug',
    levels: { error: 0, warn: 1, info: 2, debug: 3 },
    format: winston.format.json({ deterministic: false }),
    transports: [new winston.transports.Console()],
  });
  return loggerOver((line) => void backend.log(line), options);
}
