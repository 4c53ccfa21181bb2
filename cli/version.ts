import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Command, Option } from 'commander';
import type { CliContext } from './context.ts';
import { packageRoot } from './package-root.ts';
import { asYaml } from './print.ts';

export function addVersionCommand(program: Command, { io }: CliContext): void {
  program
    .command('version')
    .description('print the version')
    .addOption(new Option('-o, --output <format>', 'how').choices(['json', 'yaml']))
    .action(({ output }: { output?: 'json' | 'yaml' }) => {
      const facts = { version: version(), node: process.version, platform: `${process.platform}/${process.arch}` };
      if (output === 'json') io.out(JSON.stringify(facts, null, 2));
      else io.out(output === 'yaml' ? asYaml(facts) : `gitkube ${facts.version}`);
    });
}

/** The version in package.json. */
export function version(): string {
  const { version } = JSON.parse(readFileSync(join(packageRoot(), 'package.json'), 'utf8')) as { version: string };
  return version;
}
