import { table } from '../../base/table.ts';
import { plain } from '../../base/text.ts';
import { rightsWords } from '../../remote-crd/index.ts';
import type { ListedKeys } from '../gateways/keys-gateway.ts';
import { answer } from './answer.ts';
import { fitted } from './for-terminal.ts';
import { json, textCommand } from './text-command.ts';
import { oneRemote, type Usage } from './usage.ts';
import { remoteIn } from './words.ts';

const usage: Usage = {
  name: 'keys',
  summary: 'lists the keys that a Remote accepts',
  example: 'default/hello',
  takes: oneRemote,
  words: 1,
  options: { '--json': { about: 'as a JSON object' } },
  about: [
    'Lists type, fingerprint and comment of each key in spec.authorizedKeys, what it may do by spec.access, and the',
    'entries that are no usable key.',
  ],
  exitCodes: { 0: 'shown' },
};

/** `ssh … keys` */
export const keys = textCommand(usage, async ({ options, rest }, scope) => {
  const { principal, channel, lineEnd, backend } = scope;
  const listed = await backend.keys.of(remoteIn(rest[0], usage), principal);
  answer(channel, options.has('--json') ? [json(listed)] : fitted(lines(listed), scope), lineEnd);
});

function lines({ keys: usable, unusable }: ListedKeys): string[] {
  const rows = usable.map((key) => [
    key.type,
    key.fingerprint,
    key.isYours ? `${key.comment} (yours)`.trim() : key.comment,
    plain([rightsWords(key), ...limitWords(key)].join('; ')),
  ]);
  return [
    ...table(['TYPE', 'FINGERPRINT', 'COMMENT', 'MAY'], rows),
    ...unusable.map((problem) => plain(`an entry is not usable: ${problem}`)),
  ];
}

function limitWords({ expires, from }: ListedKeys['keys'][number]): string[] {
  return [...(expires ? [`expires ${expires}`] : []), ...(from ? [`from ${from}`] : [])];
}
