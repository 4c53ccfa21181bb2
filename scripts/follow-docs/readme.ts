import { type Step, stepsOf } from '../../test/support/followed.ts';
import { fencesOf } from '../../test/support/markdown.ts';

/** What the README has its reader type, by what it is for. */
export interface ReadmeSteps {
  readonly quickstart: Step;
  readonly clean: Step;
  readonly install: Step;
  readonly createDeployment: Step;
  readonly createRemote: Step;
  readonly mistake: Step;
  readonly rollback: Step;
  readonly rollbackBySsh: Step;
  readonly suite: Step;
}

export function readmeSteps(readme: string): ReadmeSteps {
  return {
    quickstart: blockWith('./quickstart ', readme),
    clean: inlineCommand(/^\.\/quickstart --clean$/, readme),
    install: blockWith('gitkube install', readme),
    createDeployment: inlineCommand(/^kubectl create deployment/, readme),
    createRemote: blockWith('gitkube remote create', readme),
    mistake: blockWith('Another port', readme),
    rollback: blockWith('refs/rollback', readme),
    rollbackBySsh: inlineCommand(/^ssh .* rollback /, readme),
    suite: blockWith('npm cit', readme),
  };
}

/** The Remote that the README has its reader save. */
export function firstRemote(readme: string): string {
  const [remote] = fencesOf(readme).filter(({ language }) => language === 'yaml');
  if (remote === undefined) throw new Error('the README shows no Remote');
  return remote.text;
}

/** The commands that the quickstart ends with. */
export function nextCommands(output: string): string {
  const [, next = ''] = /keep running\. Next:\n\n((?: {2}.*\n)+)/.exec(output) ?? [];
  if (next === '') throw new Error(`the quickstart names no next commands:\n${output}`);
  return next;
}

/** The one block whose commands have these words. */
function blockWith(words: string, readme: string): Step {
  const found = stepsOf(readme).filter(({ commands }) => commands.includes(words));
  if (found.length !== 1 || found[0] === undefined) throw new Error(`${found.length} blocks have ${words}`);
  return found[0];
}

/** A command that the text has between backticks. */
function inlineCommand(pattern: RegExp, readme: string): Step {
  for (const { index, 1: code = '' } of readme.matchAll(/(?<!`)`([^`]+)`(?!`)/g)) {
    const commands = code.replace(/\s+/g, ' ');
    if (pattern.test(commands)) return { commands, line: readme.slice(0, index).split('\n').length };
  }
  throw new Error(`no command is like ${pattern}`);
}
