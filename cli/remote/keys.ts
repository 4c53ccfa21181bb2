import { existsSync } from 'node:fs';
import type { Command } from 'commander';
import { GitkubeError } from '../../base/errors.ts';
import { retry } from '../../base/retry.ts';
import { table } from '../../base/table.ts';
import { count } from '../../base/text.ts';
import {
  type AccessEntry,
  type AuthorizedKey,
  type KeyRights,
  keyRights,
  parseAuthorizedKeys,
  readAccess,
  rights,
  rightsWords,
} from '../../remote-crd/index.ts';
import type { CliContext } from '../context.ts';
import { collect, outputOption, type TableFormat, tableFormats } from '../flags.ts';
import type { Io } from '../io.ts';
import { asJson, asYaml } from '../print.ts';
import { readText } from './documents.ts';
import { remoteArgument, remoteId } from './id.ts';
import { wantedAccess, withAccess, withoutKeysOf } from './key-access.ts';
import { chooseKey, type Entries, keyLine, keyName, replaceKeys, withoutKeys } from './key-changes.ts';
import { getRemote } from './list.ts';

export function addKeysCommands(remote: Command, context: CliContext): void {
  const keys = remote.command('keys').description('who may push');
  const add = keys
    .command('add')
    .description('allow keys to push')
    .argument('<remote>', remoteArgument)
    .argument('<key>', 'a file such as ~/.ssh/id_ed25519.pub, - for stdin, or the key itself')
    .option(
      '--may <rights>',
      `what they may do: ${rights.join(', ')}; default: what spec.access says of all keys, or everything`,
    )
    .option('--branch <name>', 'on this branch only, or those of a pattern; may be given several times', collect)
    .action((name: string, key: string, flags: AddFlags) => addKeys(add, context, name, key, flags));
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

interface AddFlags {
  readonly may?: string;
  readonly branch?: readonly string[];
}

async function addKeys(
  command: Command,
  context: CliContext,
  name: string,
  source: string,
  { may, branch = [] }: AddFlags,
): Promise<void> {
  const granted = wantedAccess(may, branch);
  const { keys: wanted, lines } = await readKeys(source, context.io);
  await changeKeys(command, context, name, ({ entries, access, keys }, id) => {
    const before = new Map(keys.map((key) => [key.fingerprint, key]));
    const isNew = (key: AuthorizedKey) => {
      const there = before.get(key.fingerprint);
      return !there || (key.options !== undefined && key.options !== there.options);
    };
    const changed = wanted.filter(isNew);
    const fingerprints = new Set(changed.map(({ fingerprint }) => fingerprint));
    const added = lines.filter((line) =>
      parseAuthorizedKeys([line]).keys.some((key) => fingerprints.has(key.fingerprint)),
    );
    const after = [...withoutKeys(entries, fingerprints), ...added];
    const rules = granted ? withAccess(access, wanted, granted, keys) : access;
    const said = readAccess(rules, parseAuthorizedKeys(after).keys).access;
    return {
      entries: changed.length > 0 ? after : entries,
      access: rules,
      lines: wanted.map((key) => {
        if (!changed.includes(key) && !granted) return `${id} has the key already: ${keyName(key)}`;
        return `${grantText(keyRights(said, key.fingerprint))} ${id}: ${keyName(key)}`;
      }),
    };
  });
}

/** What is so now: other entries, and those for all keys, decide as well. */
function grantText(own: KeyRights): string {
  return own.may.length === rights.length && !own.rules ? 'may push to' : `may ${rightsWords(own)} in`;
}

async function removeKey(command: Command, context: CliContext, name: string, wanted: string): Promise<void> {
  await changeKeys(command, context, name, ({ entries, access, keys }, id) => {
    const key = chooseKey(keys, wanted);
    const left = keys.filter(({ fingerprint }) => fingerprint !== key.fingerprint);
    const last = left.length === 0 ? ['nobody may push to it any more'] : [];
    return {
      entries: withoutKeys(entries, new Set([key.fingerprint])),
      access: withoutKeysOf(access, [key], left),
      lines: [`may no longer push to ${id}: ${keyName(key)}`, ...last],
    };
  });
}

async function listKeys(command: Command, context: CliContext, text: string, output?: TableFormat): Promise<void> {
  const { io } = context;
  const admin = await context.connect(command);
  const { namespace, name } = remoteId(command, admin, text);
  const { spec } = await getRemote(admin, namespace, name);
  const { keys, problems } = parseAuthorizedKeys(entriesOf(spec) ?? []);
  const { access, problems: unclear } = readAccess(accessOf(spec), keys);
  const facts = [
    ...keys.map(({ type, fingerprint, comment, options }) => {
      return { fingerprint, type, comment, ...keyRights(access, fingerprint), ...(options && { options }) };
    }),
    ...problems.map(({ line, problem }) => ({ line, problem })),
  ];
  if (output === 'json' || output === 'yaml') return io.out(output === 'json' ? asJson(facts) : asYaml(facts));
  if (facts.length === 0) return io.note(`${namespace}/${name} has no keys, so nobody may push`);
  if (output === 'name') for (const { fingerprint } of keys) io.out(fingerprint);
  if (output === 'name') return;
  const rows = keys.map(({ type, fingerprint, comment, options }) => {
    const may = [rightsWords(keyRights(access, fingerprint)), ...(options ? [`with ${options}`] : [])];
    return [fingerprint, type, comment, may.join('; ')];
  });
  if (rows.length > 0) for (const line of table(['FINGERPRINT', 'TYPE', 'COMMENT', 'MAY'], rows)) io.out(line);
  for (const { line, problem } of problems) io.note(`warning: not usable: "${line}": ${problem}`);
  for (const problem of unclear) io.note(`warning: ${problem}`);
}

interface Known {
  readonly entries: Entries;
  readonly access: readonly AccessEntry[];
}

type Change = (
  known: Known & { readonly keys: readonly AuthorizedKey[] },
  id: string,
) => Known & { readonly lines: readonly string[] };

/** Reads, changes and writes; when somebody else wrote in between, all of it again, so that no change is lost. */
async function changeKeys(command: Command, context: CliContext, text: string, change: Change): Promise<void> {
  const { io, clock } = context;
  const admin = await context.connect(command);
  const { namespace, name } = remoteId(command, admin, text);
  const work = async () => {
    const { spec, metadata } = await getRemote(admin, namespace, name);
    const before = { authorizedKeys: entriesOf(spec), access: accessOf(spec) };
    const entries = before.authorizedKeys ?? [];
    const { keys } = parseAuthorizedKeys(entries);
    const after = change({ entries, access: before.access ?? [], keys }, `${namespace}/${name}`);
    const now = { authorizedKeys: after.entries, access: after.access };
    const patch = replaceKeys({ ...before, resourceVersion: metadata.resourceVersion }, now);
    if (patch.some(({ op }) => op !== 'test')) await admin.patchRemote(namespace, name, patch);
    return after.lines;
  };
  const lines = await retry(work, { clock, tries: 10, firstMs: 20, maxMs: 500 });
  for (const line of lines) io.out(line);
}

function entriesOf(spec: unknown): Entries | undefined {
  const entries = (spec as { authorizedKeys?: unknown } | undefined)?.authorizedKeys;
  return Array.isArray(entries) ? entries.map(String) : undefined;
}

/** The API server has checked it. */
function accessOf(spec: unknown): readonly AccessEntry[] | undefined {
  const access = (spec as { access?: unknown } | undefined)?.access;
  return Array.isArray(access) ? (access as AccessEntry[]) : undefined;
}

interface ReadKeys {
  readonly keys: readonly AuthorizedKey[];
  readonly lines: readonly string[];
}

/** @throws UsageInvalid, FileUnusable when one of the keys is no usable one */
async function readKeys(source: string, io: Io): Promise<ReadKeys> {
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
  const { keys, problems, ignored } = parseAuthorizedKeys([text]);
  for (const { line, problem } of ignored) io.note(`warning: ${line}: ${problem}`);
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
  // Several lines of one key are all of them kept: one of them has to allow it.
  return { keys, lines: text.split(/\r?\n/).flatMap((line) => parseAuthorizedKeys([line]).keys.map(keyLine)) };
}
