import { existsSync } from 'node:fs';
import type { Command } from 'commander';
import { GitkubeError } from '../../base/errors.ts';
import { retry } from '../../base/retry.ts';
import { table } from '../../base/table.ts';
import { count } from '../../base/text.ts';
import { type AuthorizedKey, parseAuthorizedKeys } from '../../remote-crd/index.ts';
import type { CliContext } from '../context.ts';
import { outputOption, type TableFormat, tableFormats } from '../flags.ts';
import type { Io } from '../io.ts';
import { asJson, asYaml } from '../print.ts';
import { readText } from './documents.ts';
import { remoteArgument, remoteId } from './id.ts';
import { chooseKey, type Entries, keyLine, keyName, replaceEntries, withoutKeys } from './key-changes.ts';
import { getRemote } from './list.ts';

export function addKeysCommands(remote: Command, context: CliContext): void {
  const keys = remote.command('keys').description('who may push');
  const add = keys
    .command('add')
    .description('allow keys to push')
    .argument('<remote>', remoteArgument)
    .argument('<key>', 'a file such as ~/.ssh/id_ed25519.pub, - for stdin, or the key itself')
    .action((name: string, key: string) => addKeys(add, context, name, key));
  const remove = keys
    .command('remove')
    .description('revoke a key')
    .argument('<remote>', remoteArgument)
    .argument('<key>', 'its fingerprint or its comment, as keys list shows them')
    .action((name: string, key: string) => removeKey(remove, context, name, key));
  const list = keys
    .command('list')
    .description('list the keys of a Remote')
    .argument('<remote>', remoteArgument)
    .addOption(outputOption(...tableFormats))
    .action((name: string, flags: { output?: TableFormat }) => listKeys(list, context, name, flags.output));
}

async function addKeys(command: Command, context: CliContext, name: string, source: string): Promise<void> {
  const wanted = await readKeys(source, context.io);
  await changeEntries(command, context, name, (entries, there, id) => {
    const known = new Set(there.map(({ fingerprint }) => fingerprint));
    const added = wanted.filter(({ fingerprint }) => !known.has(fingerprint));
    return {
      entries: [...entries, ...added.map(keyLine)],
      lines: wanted.map((key) =>
        known.has(key.fingerprint)
          ? `${id} has the key already: ${keyName(key)}`
          : `may push to ${id}: ${keyName(key)}`,
      ),
    };
  });
}

async function removeKey(command: Command, context: CliContext, name: string, wanted: string): Promise<void> {
  await changeEntries(command, context, name, (entries, there, id) => {
    const key = chooseKey(there, wanted);
    const last = there.length === 1 ? ['nobody may push to it any more'] : [];
    return {
      entries: withoutKeys(entries, new Set([key.fingerprint])),
      lines: [`may no longer push to ${id}: ${keyName(key)}`, ...last],
    };
  });
}

async function listKeys(command: Command, context: CliContext, text: string, output?: TableFormat): Promise<void> {
  const { io } = context;
  const admin = await context.connect(command);
  const { namespace, name } = remoteId(command, admin, text);
  const { keys, problems } = parseAuthorizedKeys(entriesOf((await getRemote(admin, namespace, name)).spec) ?? []);
  const facts = [
    ...keys.map(({ type, fingerprint, comment }) => ({ fingerprint, type, comment })),
    ...problems.map(({ line, problem }) => ({ line, problem })),
  ];
  if (output === 'json' || output === 'yaml') return io.out(output === 'json' ? asJson(facts) : asYaml(facts));
  if (facts.length === 0) return io.note(`${namespace}/${name} has no keys, so nobody may push`);
  if (output === 'name') for (const { fingerprint } of keys) io.out(fingerprint);
  if (output === 'name') return;
  const rows = keys.map(({ type, fingerprint, comment }) => [fingerprint, type, comment]);
  if (rows.length > 0) for (const line of table(['FINGERPRINT', 'TYPE', 'COMMENT'], rows)) io.out(line);
  for (const { line, problem } of problems) io.note(`warning: not usable: "${line}": ${problem}`);
}

type Change = (
  entries: Entries,
  keys: readonly AuthorizedKey[],
  id: string,
) => { readonly entries: Entries; readonly lines: readonly string[] };

/** Reads, changes and writes; when somebody else wrote in between, all of it again, so that no change is lost. */
async function changeEntries(command: Command, context: CliContext, text: string, change: Change): Promise<void> {
  const { io, clock } = context;
  const admin = await context.connect(command);
  const { namespace, name } = remoteId(command, admin, text);
  const work = async () => {
    const { spec, metadata } = await getRemote(admin, namespace, name);
    const before = { entries: entriesOf(spec), resourceVersion: metadata.resourceVersion };
    const entries = before.entries ?? [];
    const after = change(entries, parseAuthorizedKeys(entries).keys, `${namespace}/${name}`);
    const same = after.entries.length === entries.length && after.entries.every((entry, at) => entry === entries[at]);
    if (!same) await admin.patchRemote(namespace, name, replaceEntries(before, after.entries));
    return after.lines;
  };
  const lines = await retry(work, { clock, tries: 10, firstMs: 20, maxMs: 500 });
  for (const line of lines) io.out(line);
}

function entriesOf(spec: unknown): Entries | undefined {
  const entries = (spec as { authorizedKeys?: unknown } | undefined)?.authorizedKeys;
  return Array.isArray(entries) ? entries.map(String) : undefined;
}

/** @throws UsageInvalid, FileUnusable when one of the keys is no usable one */
async function readKeys(source: string, io: Io): Promise<readonly AuthorizedKey[]> {
  const literal = source !== '-' && !existsSync(source) && source.trim().includes(' ');
  const text = literal ? source : await readText(source, io);
  const where = literal ? 'the key' : source === '-' ? 'stdin' : source;
  if (/-----BEGIN [A-Z ]*PRIVATE KEY-----/.test(text)) {
    throw new GitkubeError('FileUnusable', `${where} is a private key, which nobody else may have`, {
      hint: [
        `it was sent nowhere; give the public one: ${literal || source === '-' ? 'the .pub file beside it' : `${source}.pub`}`,
      ],
    });
  }
  const { keys, problems } = parseAuthorizedKeys([text]);
  if (problems.length > 0) {
    throw new GitkubeError(
      'FileUnusable',
      `${where} has ${count(problems.length, 'line')} that cannot be used as a key`,
      {
        evidence: problems.map(({ line, problem }) => `"${line}": ${problem}`),
        hint: 'nothing was changed',
      },
    );
  }
  if (keys.length === 0)
    throw new GitkubeError('FileUnusable', `${where} has no key in it`, {
      hint: 'a line of it looks like ssh-ed25519 AAAA… alice@laptop',
    });
  return keys;
}
