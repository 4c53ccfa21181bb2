import type { Command } from 'commander';
import { table } from '../../base/table.ts';
import { duration, shortId } from '../../base/text.ts';
import type { CliContext } from '../context.ts';
import { outputOption, type TableFormat, tableFormats } from '../flags.ts';
import { ageOf, asJson, asYaml } from '../print.ts';
import { remoteArgument, remoteId } from './id.ts';
import { getRemote } from './list.ts';
import { statusOf } from './status.ts';

export function addReleasesCommand(remote: Command, context: CliContext): void {
  const { io, clock } = context;
  const command = remote
    .command('releases')
    .description('the last ten releases of a remote, the one that runs first')
    .argument('<remote>', remoteArgument)
    .addOption(outputOption(...tableFormats))
    .action(async (text: string, { output }: { output?: TableFormat }) => {
      const admin = await context.connect(command);
      const { namespace, name } = remoteId(command, admin, text);
      const { releases = [] } = statusOf(await getRemote(admin, namespace, name));
      if (output === 'json') return io.out(asJson(releases));
      if (output === 'yaml') return io.out(asYaml(releases));
      if (output === 'name') for (const { number } of releases) io.out(`releases/${number}`);
      if (output === 'name') return;
      if (releases.length === 0) return io.note(`nothing was released to ${namespace}/${name} yet`);
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
