import type { Command } from 'commander';
import { type CliContext, clusterFlags, type GlobalFlags } from '../context.ts';
import { outputOption } from '../flags.ts';
import { asJson, asYaml } from '../print.ts';
import { readRemoteId } from '../remote/id.ts';
import { addServerFlags } from '../serve.ts';
import type { Finding } from './finding.ts';

interface Flags {
  readonly remote?: string;
  readonly inside?: boolean;
  readonly output?: 'json' | 'yaml';
}

export function addDoctorCommand(program: Command, context: CliContext): void {
  const command = program
    .command('doctor')
    .description('check what the server needs, and say how to fix what is wrong')
    .option('--remote <name>', '[namespace/]name of a Remote: push to its registry with its Secret')
    .option('--inside', 'look from here, with the settings that the environment and the flags give the server')
    .addOption(outputOption('json', 'yaml'))
    .addHelpText('after', explanation);
  addServerFlags(command).action((flags: Flags) => doctor(command, context, flags));
}

const explanation = `
Without --inside it finds the server in the cluster, checks it from here, and has it check its engine, registry,
rights and disk in its own pod. With settings of a server, as flags or GITKUBE_ variables, it checks from here.
It exits with 1 when a check failed; a warning is no failure.`;

async function doctor(command: Command, context: CliContext, flags: Flags): Promise<void> {
  const { io, clock } = context;
  const { namespace } = command.optsWithGlobals<GlobalFlags>();
  const remote =
    flags.remote === undefined
      ? undefined
      : readRemoteId(flags.remote, namespace ?? 'default', `--remote ${flags.remote}`);
  const common = { clock, signal: io.interrupted(), remote };
  const here = flags.inside || hasSettings(command, io.env);
  if (io.interactive) io.note('checking; this takes some seconds');
  const findings = here
    ? await (await import('./run-local.ts')).runLocal(command, io.env, common)
    : await (await import('./run-cluster.ts')).runCluster({ ...common, ...clusterFlags(command), namespace });
  await print(context, findings, flags.output);
}

async function print(context: CliContext, findings: readonly Finding[], output: Flags['output']): Promise<void> {
  const { report } = await import('./report.ts');
  if (output === 'json') context.io.out(asJson(findings));
  else if (output === 'yaml') context.io.out(asYaml(findings));
  else for (const line of report(findings)) context.io.out(line);
  if (findings.some(({ level }) => level === 'FAIL')) context.exitCode = 1;
}

/** Settings of a server that runs on this machine: where its data or its engine is. */
function hasSettings(command: Command, env: Readonly<Record<string, string | undefined>>): boolean {
  const { data, listen, publicAddress, engine, registry } = command.opts<Record<string, string | undefined>>();
  const given = [data, listen, publicAddress, engine, registry, env.GITKUBE_DATA, env.GITKUBE_ENGINE];
  return given.some((value) => value !== undefined);
}
