import { parseArgs } from 'node:util';
import { systemClock } from '../base/clock.ts';
import { GitkubeError } from '../base/errors.ts';
import { createLogger } from '../base/log.ts';
import { describeSettings, parseConfig } from '../server/config.ts';
import { startServer } from '../server/main.ts';
import { packageRoot } from './package-root.ts';
import { version } from './version.ts';

/** The flags that people type; every other setting is a variable. */
const flags = {
  data: 'GITKUBE_DATA',
  listen: 'GITKUBE_SSH_LISTEN',
  'public-address': 'GITKUBE_PUBLIC_ADDRESS',
  kubeconfig: 'GITKUBE_KUBECONFIG',
  engine: 'GITKUBE_ENGINE',
  registry: 'GITKUBE_REGISTRY',
} as const;

// A second watch over a shutdown that hangs: Kubernetes gives 30 seconds.
const SHUTDOWN_MS = 25_000;

/** Runs the server until SIGTERM or SIGINT. @returns the exit code */
export async function serve(args: readonly string[], env: NodeJS.ProcessEnv): Promise<number> {
  const config = parseConfig({ ...env, ...flagsAsSettings(args) });
  const log = createLogger(config.GITKUBE_LOG_LEVEL);
  const stop = new AbortController();
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => stop.abort(signal));

  const root = packageRoot();
  const starting = startServer({
    config,
    log,
    clock: systemClock,
    root,
    version: version(),
    signal: stop.signal,
  });
  // Told to stop while it waited for the cluster: that is no error.
  const server = await starting.catch((error) => {
    if (!stop.signal.aborted) throw error;
  });
  if (!server) return 0;
  if (!stop.signal.aborted) {
    await new Promise((resolve) => stop.signal.addEventListener('abort', resolve, { once: true }));
  }
  log.info({ signal: String(stop.signal.reason) }, 'stopping');
  const watchdog = setTimeout(() => {
    log.error('shutdown took too long');
    process.exit(1);
  }, SHUTDOWN_MS);
  watchdog.unref();
  await server[Symbol.asyncDispose]();
  log.info('stopped');
  return 0;
}

function flagsAsSettings(args: readonly string[]): Record<string, string> {
  try {
    const options = Object.fromEntries(Object.keys(flags).map((name) => [name, { type: 'string' as const }]));
    const { values } = parseArgs({ args: [...args], options, strict: true });
    return Object.fromEntries(
      Object.entries(values).map(([name, value]) => [flags[name as keyof typeof flags], `${value}`]),
    );
  } catch (cause) {
    throw new GitkubeError('ConfigInvalid', (cause as Error).message, { hint: 'gitkube serve --help', cause });
  }
}

export function serveHelp(): string {
  const flagLines = Object.entries(flags).map(([flag, name]) => row(`--${flag} <value>`, `the same as ${name}`));
  const settings = describeSettings().map(({ name, about, fallback }) =>
    row(name, about + (fallback ? ` (${fallback})` : '')),
  );
  return [
    'gitkube serve: run the git remote until SIGTERM',
    '',
    'Flags:',
    ...flagLines,
    '',
    'Environment:',
    ...settings,
    '',
  ].join('\n');
}

function row(name: string, about: string): string {
  return `  ${name.padEnd(32)} ${about}`;
}
