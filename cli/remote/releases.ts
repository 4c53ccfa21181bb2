import type { Command } from 'commander';
import { GitkubeError } from '../../base/errors.ts';
import { releaseOf } from '../../base/release-name.ts';
import { table } from '../../base/table.ts';
import { duration, shortId } from '../../base/text.ts';
import type { KubeAdmin } from '../../kube/index.ts';
import type { ReleaseStatus } from '../../remote-crd/index.ts';
import type { CliContext } from '../context.ts';
import { outputOption, type TableFormat, tableFormats } from '../flags.ts';
import { ageOf, asJson, asYaml } from '../print.ts';
import { askServer, serverNamespaceOption } from './ask-server.ts';
import { environmentArgument, environmentId } from './id.ts';
import { getRemote } from './list.ts';
import { lineOf, usageOf } from './server-words.ts';
import { statusOf } from './status.ts';

interface Flags {
  readonly all?: boolean;
  readonly output?: TableFormat;
}

export function addReleasesCommand(remote: Command, context: CliContext): void {
  const { io, clock } = context;
  const command = remote
    .command('releases')
    .description('list the last ten releases of a Remote, the newest first')
    .argument('<remote>', environmentArgument)
    .option('--all', 'up to 1000 of them, which the server is asked for')
    .addOption(outputOption(...tableFormats))
    .addOption(serverNamespaceOption())
    .action(async (text: string, { all, output }: Flags) => {
      const admin = await context.connect(command);
      const id = environmentId(command, admin, text);
      if (all) return askForAll(command, context, id, output);
      const releases = await releasesOf(admin, id);
      if (output === 'json') return io.out(asJson(releases));
      if (output === 'yaml') return io.out(asYaml(releases));
      if (output === 'name') for (const { number } of releases) io.out(releaseOf(id, number));
      if (output === 'name') return;
      if (releases.length === 0) return io.note(`nothing was released to ${id} yet`);
      const now = clock.now();
      const rows = releases.map(({ number, commit, by, at, durationSeconds, images = [] }) => [
        `${number}`,
        output === 'wide' ? commit : shortId(commit),
        by,
        ageOf(at, now),
        durationSeconds === undefined ? '' : duration(durationSeconds * 1000),
        ...(output === 'wide' ? [images.map(({ image }) => image).join(',')] : []),
      ]);
      const columns = ['RELEASE', 'COMMIT', 'BY', 'AGE', 'TOOK', ...(output === 'wide' ? ['IMAGES'] : [])];
      for (const line of table(columns, rows)) io.out(line);
    });
}

/** @throws RemoteNotFound */
async function releasesOf(admin: KubeAdmin, id: string): Promise<readonly ReleaseStatus[]> {
  const [namespace = '', name = '', environment] = id.split('/');
  const found = await getRemote(admin, namespace, name);
  const { environments = [], releases = [] } = statusOf(found);
  if (environment === undefined) return releases;
  const of = environments.find((one) => one.name === environment);
  if (of) return of.releases ?? [];
  const names = environments.map((one) => one.name).join(', ') || 'none';
  throw new GitkubeError('RemoteUnknown', `${namespace}/${name} has no environment ${environment}: it has ${names}`);
}

/** The status of a Remote has the last ten; the server has all. */
async function askForAll(
  command: Command,
  context: CliContext,
  remote: string,
  output: TableFormat | undefined,
): Promise<void> {
  if (output !== undefined && output !== 'json') {
    throw new GitkubeError('UsageInvalid', `--all does not fit -o ${output}`, {
      hint: 'leave out -o, or take -o json',
    });
  }
  const options = output === 'json' ? ['--json'] : [];
  const line = lineOf('releases', undefined, { options, remote, rest: [] });
  await askServer(command, context, { line, usage: usageOf('releases'), remote });
}
