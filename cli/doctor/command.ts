import { spawn } from 'node:child_process';
import type { Command } from 'commander';
import { GitkubeError } from '../../base/errors.ts';
import { count, plain } from '../../base/text.ts';
import { type CliContext, clusterFlags, type GlobalFlags } from '../context.ts';
import { outputOption } from '../flags.ts';
import { asJson, asYaml } from '../print.ts';
import { addServerFlags, serverConfig } from '../serve.ts';
import { type Finding, findAll, type Surroundings } from './finding.ts';

interface Flags {
  readonly remote?: string;
  readonly inCluster?: boolean;
  readonly output?: 'json' | 'yaml';
}

export function addDoctorCommand(program: Command, context: CliContext): void {
  const command = program
    .command('doctor')
    .description('check what the server needs, and tell how to mend what is wrong')
    .option('--remote <name>', '[namespace/]name of a Remote: push to its registry with its Secret')
    .option('--in-cluster', 'run it in the pod of the server, with kubectl exec')
    .addOption(outputOption('json', 'yaml'));
  addServerFlags(command).action(async (flags: Flags) => {
    if (flags.inCluster) context.exitCode = await doctorInPod(command, flags);
    else await doctor(command, context, flags);
  });
}

async function doctor(command: Command, context: CliContext, { remote, output }: Flags): Promise<void> {
  const { io, clock } = context;
  const config = serverConfig(command, io.env);
  const [{ lookAtCluster }, { allChecks }] = await Promise.all([import('./cluster.ts'), import('./checks.ts')]);
  const { namespace } = command.optsWithGlobals<GlobalFlags>();
  const wanted = remote === undefined ? undefined : readId(remote, namespace ?? 'default');
  const signal = io.interrupted();
  const { admin, finding } = await lookAtCluster({ config, clock });
  const surroundings: Surroundings = {
    config,
    admin,
    clock,
    signal,
    remote: wanted,
    home: config.GITKUBE_SERVICE?.namespace ?? config.GITKUBE_HOST_KEY_SECRET?.namespace ?? 'gitkube',
  };
  try {
    const findings = [finding, ...(await findAll(allChecks, surroundings))];
    if (output === 'json') io.out(asJson(findings));
    else if (output === 'yaml') io.out(asYaml(findings));
    else for (const line of report(findings)) io.out(line);
    if (findings.some(({ level }) => level === 'FAIL')) context.exitCode = 1;
  } finally {
    admin?.close();
  }
}

/** One line for each finding, its fix below it, and a sentence at the end. */
export function report(findings: readonly Finding[]): string[] {
  const width = Math.max(...findings.map(({ check }) => check.length));
  const lines = findings.flatMap(({ check, level, message, fix }) => [
    `${level.padEnd(4)}   ${check.padEnd(width)}   ${plain(message)}`,
    ...fix.map((command) => `${' '.repeat(width + 10)}fix: ${plain(command)}`),
  ]);
  const failed = findings.filter(({ level }) => level === 'FAIL').length;
  const warned = findings.filter(({ level }) => level === 'WARN').length;
  const verdict = [failed ? `${failed} failed` : '', warned ? count(warned, 'warning') : ''].filter(Boolean).join(', ');
  return [...lines, '', verdict === '' ? 'All is well.' : `${verdict}.`];
}

function readId(text: string, fallback: string): { namespace: string; name: string } {
  const [name = '', namespace = fallback, ...more] = text.split('/').toReversed();
  if (name === '' || namespace === '' || more.length > 0) {
    throw new GitkubeError('UsageInvalid', `--remote ${text} is not [namespace/]name`);
  }
  return { namespace, name };
}

/** The server's settings and its account are in its pod, so that is where the answer is. */
function doctorInPod(command: Command, { remote, output }: Flags): Promise<number> {
  const { kubeconfig, context } = clusterFlags(command);
  const { namespace = 'gitkube' } = command.optsWithGlobals<GlobalFlags>();
  const args = [
    ...(kubeconfig === undefined ? [] : [`--kubeconfig=${kubeconfig}`]),
    ...(context === undefined ? [] : [`--context=${context}`]),
    ...['-n', namespace, 'exec', 'deploy/gitkube', '-c', 'server', '--', 'gitkube', 'doctor'],
    ...(remote === undefined ? [] : [`--remote=${remote}`]),
    ...(output === undefined ? [] : [`--output=${output}`]),
  ];
  return new Promise((resolve, reject) => {
    const child = spawn('kubectl', args, { stdio: 'inherit' });
    child.on('error', (cause: NodeJS.ErrnoException) =>
      reject(
        new GitkubeError('UsageInvalid', `kubectl cannot be run (${cause.code})`, { hint: 'install kubectl', cause }),
      ),
    );
    child.on('close', (code) => resolve(code ?? 1));
  });
}
