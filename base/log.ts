import { type Logger as PinoLogger, pino } from 'pino';

/**
 * JSON lines on stdout. Messages are static text and data is fields, object first:
 * `log.info({ remote: 'default/www' }, 'push received')`.
 */
export type Logger = PinoLogger;

/** @param level one of pino's level names, or `silent`. */
export function createLogger(level = 'info'): Logger {
  return pino({
    level,
    base: null,
    formatters: { level: (label) => ({ level: label }) },
    timestamp: pino.stdTimeFunctions.isoTime,
    redact: { paths: ['password', 'token', 'authconfig', 'auth', '*.password', '*.token', '*.authconfig', '*.auth'] },
  });
}

export const silentLogger: Logger = pino({ level: 'silent' });
