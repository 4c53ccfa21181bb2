import type { Command } from 'commander';
import { systemClock } from '../base/clock.ts';
import { createLogger } from '../base/log.ts';
import { type Config, describeSettings, parseConfig, unknownSettings } from '../server/config.ts';
import type { CliContext } from './context.ts';
import type { Io } from './io.ts';
import { packageRoot } from './package-root.ts';
import { version } from './version.ts';

/** The flags that people type, by their setting; every other setting is a variable. */
const flags = {
  data: 'GITKUBE_DATA',
  listen: 'GITKUBE_SSH_LISTEN',
  publicAddress: 'GITKUBE_PUBLIC_ADDRESS',
  kubeconfig: 'GITKUBE_KUBECONFIG',
  context: 'GITKUBE_KUBE_CONTEXT',
  kubeContext: 'GITKUBE_KUBE_CONTEXT',
  engine: 'GITKUBE_ENGINE',
  registry: 'GITKUBE_REGISTRY',
} as const;

export function addServeCommand(program: Command, context: CliContext): void {
  const command = program.command('serve').description('run the server until SIGTERM');
  addServerFlags(command)
    .addHelpText('after', () => `\n${settingsHelp()}`)
    .action(async () => {
      context.exitCode = await serve(serverConfig(command, context.io.env), unknownSettings(context.io.env));
    });
}

/** The flags of everything that has the settings of the server. */
export function addServerFlags(command: Command): Command {
  return command
    .option('--data <folder>', 'folder with repositories and host key (GITKUBE_DATA)')
    .option('--listen <address>', 'where the SSH server listens (GITKUBE_SSH_LISTEN)')
    .option('--public-address <address>', 'host:port in the URLs shown to users (GITKUBE_PUBLIC_ADDRESS)')
    .option('--engine <address>', 'address of the Docker Engine API (GITKUBE_ENGINE)')
    .option('--registry <url>', 'registry of Remotes that name none (GITKUBE_REGISTRY)');
}

/** @throws ConfigInvalid */
export function serverConfig(command: Command, env: Io['env']): Config {
  const given = command.optsWithGlobals<Partial<Record<keyof typeof flags, string>>>();
  const settings = Object.entries(flags).flatMap(([flag, name]) => {
    const value = given[flag as keyof typeof flags];
    return value === undefined ? [] : [[name, value]];
  });
  return parseConfig({ ...env, ...Object.fromEntries(settings) });
}

/** Runs the server until SIGTERM or SIGINT. @returns the exit code */
async function serve(config: Config, unknown: readonly string[]): Promise<number> {
  const { startServer } = await import('../server/main.ts');
  const log = createLogger(config.GITKUBE_LOG_LEVEL);
  if (unknown.length > 0) {
    log.warn(
      { unknown, hint: 'gitkube serve --help lists every setting' },
      'some variables look like settings, and do nothing',
    );
  }
  const stop = new AbortController();
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => stop.abort(signal));
  let exitCode = 0;
  // What such a fault leaves behind is unknown, so the server ends and a fresh one starts. It ends as if it had been asked
  // to, though: the rollouts of others are finished or rolled back.
  process.on('uncaughtException', (err, origin) => {
    exitCode = 1;
    log.fatal({ err }, 'a fault that nothing handles: the server stops');
    stop.abort(origin);
  });

  const root = packageRoot();
  const starting = startServer({
    config,
    log,
    clock: systemClock,
    root,
    version: version(),
    signal: stop.signal,
    // Another server may work on the data now, so nothing is finished: the next start recovers what this cuts off.
    onDataLost: (err) => {
      log.fatal({ err }, 'the server ends at once');
      process.exit(1);
    },
  });
  // Stopped while it waited for the cluster: that is no error.
  const server = await starting.catch((error) => {
    if (!stop.signal.aborted) throw error;
  });
  if (!server) return exitCode;
  if (!stop.signal.aborted) {
    await new Promise((resolve) => stop.signal.addEventListener('abort', resolve, { once: true }));
  }
  log.info({ signal: String(stop.signal.reason) }, 'stopping');
  // A second watch, over a shutdown that hangs.
  const watchdog = setTimeout(() => {
    log.error('shutdown took too long');
    process.exit(1);
  }, config.GITKUBE_SHUTDOWN_GRACE_SECONDS * 1000);
  watchdog.unref();
  await server[Symbol.asyncDispose]();
  log.info('stopped');
  return exitCode;
}

function settingsHelp(): string {
  const settings = describeSettings().map(({ name, about, fallback }) =>
    row(name, about + (fallback ? ` (${fallback})` : '')),
  );
  return ['Environment:', ...settings].join('\n');
}

function row(name: string, about: string): string {
  return `  ${name.padEnd(32)} ${about}`;
}
