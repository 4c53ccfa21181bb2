import { plain } from '../../base/text.ts';
import { answer } from './answer.ts';
import type { Command, CommandScope } from './command.ts';
import { refuseInText } from './refusal.ts';
import { defaultFailCode, helpOf, type Usage } from './usage.ts';
import { readWords, type Words } from './words.ts';

/** A command that people type. */
export interface TextCommand extends Command {
  readonly usage: Usage;
}

/**
 * A command that people type: `--help` prints its usage, and an error is text, with 2 as its exit code unless the usage has
 * another one.
 * @param run is given the words, which fit the usage
 */
export function textCommand(usage: Usage, run: (words: Words, scope: CommandScope) => Promise<void>): TextCommand {
  return {
    usage,
    pattern: new RegExp(`^${usage.name}(?:\\s+(.*))?$`, 's'),
    refuse: (channel, error) => refuseInText(channel, error, usage.failCode ?? defaultFailCode),
    run: async ([, text = ''], scope) => {
      const words = readWords(text, usage);
      if (!words.options.has('--help')) return run(words, scope);
      answer(scope.channel, helpOf(usage, scope.backend.urlForm), scope.lineEnd);
    },
  };
}

/** JSON escapes only some of what a terminal obeys; the names of keys and branches may have the rest. */
export function json(value: unknown): string {
  return plain(JSON.stringify(value), Number.POSITIVE_INFINITY);
}
