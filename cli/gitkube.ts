#!/usr/bin/env node
import { asGitkubeError } from '../base/errors.ts';
import { serve, serveHelp } from './serve.ts';
import { version } from './version.ts';

const help = `gitkube: git push to deploy on Kubernetes

  gitkube serve      run the git remote
  gitkube version    print the version

gitkube <command> --help tells more.
`;

const [command, ...rest] = process.argv.slice(2);
const wantsHelp = rest.includes('--help') || rest.includes('-h');

async function main(): Promise<number> {
  switch (command) {
    case 'serve':
      if (wantsHelp) return print(serveHelp());
      return serve(rest, process.env);
    case 'version':
    case '--version':
      return print(`gitkube ${version()}\n`);
    case undefined:
    case 'help':
    case '--help':
    case '-h':
      return print(help);
    default:
      process.stderr.write(`gitkube: unknown command: ${command}\n\n${help}`);
      return 2;
  }
}

function print(text: string): number {
  process.stdout.write(text);
  return 0;
}

try {
  process.exitCode = await main();
} catch (thrown) {
  const error = asGitkubeError(thrown);
  process.stderr.write(`gitkube: ${error.message}\n${error.hint.map((line) => `hint: ${line}\n`).join('')}`);
  if (error.kind === 'internal') process.stderr.write(`${(error.cause as Error)?.stack ?? error.stack}\n`);
  process.exitCode = 1;
}
