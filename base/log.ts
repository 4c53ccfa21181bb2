import { AsyncLocalStorage } from 'node:async_hooks';
import { type DestinationStream, type Logger as PinoLogger, pino } from 'pino';

/**
 * JSON lines on stdout. Messages are static text and data is fields, object first:
 * `log.info({ remote: 'default/www' }, 'push received')`.
 */
export type Logger = PinoLogger;

type Fields = Readonly<Record<string, string>>;

const shared = new AsyncLocalStorage<() => Fields>();

/**
 * Every line that is logged by `work`, and by whatever it starts, has these fields: so one id is in the lines of builder,
 * deployer and git without being passed to each of them. A line's own field of the same name wins.
 * @param fields may be read with each line, where they become others
 */
export function withLogFields<T>(fields: Fields | (() => Fields), work: () => T): T {
  const outer = shared.getStore();
  return shared.run(() => ({ ...outer?.(), ...(typeof fields === 'function' ? fields() : fields) }), work);
}

/** @param level one of pino's level names, or `silent`. */
export function createLogger(level = 'info', destination?: DestinationStream): Logger {
  return pino(
    {
      level,
      base: null,
      formatters: { level: (label) => ({ level: label }) },
      mixin: () => ({ ...shared.getStore()?.() }),
      timestamp: pino.stdTimeFunctions.isoTime,
      serializers: { err: withoutOutput, cause: withoutOutput },
      redact: { paths: ['password', 'token', 'authconfig', 'auth', '*.password', '*.token', '*.authconfig', '*.auth'] },
    },
    destination ?? pino.destination(1),
  );
}

/** What users' programs have printed is for those who may read the deploy: a line of it may be a secret. */
function withoutOutput(thrown: unknown): unknown {
  if (!(thrown instanceof Error)) return thrown;
  const { aggregateErrors, ...fields } = pino.stdSerializers.err(thrown);
  const own = Object.entries(fields).filter(([name]) => name !== 'evidence' && name !== 'said');
  const { errors = [] } = thrown as Partial<AggregateError>;
  return { ...Object.fromEntries(own), ...(aggregateErrors && { aggregateErrors: errors.map(withoutOutput) }) };
}

export const silentLogger: Logger = pino({ level: 'silent' });
