import { type Command, Option } from 'commander';
import { rfc3339 } from '../../base/rfc3339.ts';
import { table } from '../../base/table.ts';
import type { KubeAdmin, RemoteObject } from '../../kube/index.ts';
import { grantWords, rights } from '../../remote-crd/index.ts';
import { makeToken } from '../../server/access/tokens/token.ts';
import type { CliContext } from '../context.ts';
import { collect, outputOption, type TableFormat, tableFormats } from '../flags.ts';
import { asJson, asYaml } from '../print.ts';
import { type RemoteId, remoteArgument, remoteId } from './id.ts';
import { wantedAccess } from './key-access.ts';
import { getRemote } from './list.ts';
import { statusOf } from './status.ts';
import { addToken, chooseToken, type NamedToken, readTokens, removeToken, type TokensOwner } from './token-store.ts';
import { parseExpiry, tokenName } from './token-words.ts';

export function addTokensCommands(remote: Command, context: CliContext): void {
  const tokens = remote.command('tokens').description('who may use git over HTTPS');
  const add = tokens
    .command('add')
    .description('print a new token, which nobody can read again')
    .argument('<remote>', remoteArgument)
    .argument('<name>', 'who or what has it, such as ci')
    .addOption(new Option('--may <rights>', `what it may do: ${rights.join(', ')}`).default('deploy'))
    .option('--branch <name>', 'on this branch only, or those of a pattern; may be given several times', collect)
    .addOption(
      new Option('--expires <time>', 'for how long, such as 90d or 12h, or until when, such as 2030-12-31').argParser(
        parseExpiry(context.clock),
      ),
    )
    .action((text: string, name: string, flags: AddFlags) => printNewToken(add, context, { text, name, ...flags }));
  const remove = tokens
    .command('remove')
    .description('revoke a token')
    .argument('<remote>', remoteArgument)
    .argument('<token>', 'its id or its name, as tokens list shows them')
    .action((text: string, wanted: string) => revoke(remove, context, text, wanted));
  const list = tokens
    .command('list')
    .description('list the tokens of a Remote')
    .argument('<remote>', remoteArgument)
    .addOption(outputOption(...tableFormats))
    .action((text: string, flags: { output?: TableFormat }) => listTokens(list, context, text, flags.output));
}

interface AddFlags {
  readonly may: string;
  readonly branch?: readonly string[];
  /** RFC 3339. */
  readonly expires?: string;
}

async function printNewToken(
  command: Command,
  context: CliContext,
  { text, name, may, branch = [], expires }: AddFlags & { readonly text: string; readonly name: string },
): Promise<void> {
  const { io, clock } = context;
  const access = wantedAccess(may, branch) ?? { may: rights };
  const checkedName = tokenName(name);
  const admin = await context.connect(command);
  const { id, remote } = await ownerOf(command, admin, text);
  const token = makeToken();
  const at = rfc3339(clock.now());
  const record = { sha256: token.hash, name: checkedName, ...access, ...(expires && { expires }), at };
  await addToken(admin, id, token.id, record);
  io.out(token.text);
  const until = expires === undefined ? '' : ` until ${expires}`;
  io.note(`it may ${grantWords({ rights: access.may, ...access })} in ${idText(id)}${until}, and is not shown again`);
  io.note('git asks for a username, which may be anything, and for a password, which is the token');
  const { httpsUrl } = statusOf(remote);
  io.note(
    httpsUrl === undefined
      ? 'the server shows no URL of git over HTTPS: ask its operator for one (GITKUBE_GIT_HTTPS_URL)'
      : `in the repository, type: git remote add ${id.name} ${httpsUrl}`,
  );
}

async function revoke(command: Command, context: CliContext, text: string, wanted: string): Promise<void> {
  const admin = await context.connect(command);
  const { id } = await ownerOf(command, admin, text);
  const token = chooseToken(await readTokens(admin, id), wanted);
  await removeToken(admin, id, token.id);
  context.io.out(`may no longer use ${idText(id)}: ${token.name} (${token.id})`);
}

async function listTokens(command: Command, context: CliContext, text: string, output?: TableFormat): Promise<void> {
  const { io, clock } = context;
  const admin = await context.connect(command);
  const { id, remote } = await ownerOf(command, admin, text);
  const tokens = await readTokens(admin, id);
  const uses = new Map(statusOf(remote).tokens?.map((use) => [use.id, use.lastUsed]));
  const facts = tokens.map(({ sha256: _, ...fact }) => ({ ...fact, lastUsed: uses.get(fact.id) }));
  if (output === 'json' || output === 'yaml') return io.out(output === 'json' ? asJson(facts) : asYaml(facts));
  if (output === 'name') for (const token of tokens) io.out(token.id);
  if (output === 'name') return;
  if (tokens.length === 0) return io.note(`${idText(id)} has no tokens`);
  const rows = tokens.map((token) => row(token, clock.now(), uses.get(token.id)));
  for (const line of table(['ID', 'NAME', 'MAY', 'EXPIRES', 'LAST USED'], rows)) io.out(line);
}

function row({ id, name, may, branches, expires }: NamedToken, now: number, lastUsed = ''): string[] {
  const until = expires === undefined ? 'never' : Date.parse(expires) <= now ? `expired ${expires}` : expires;
  return [id, name, grantWords({ rights: may, ...(branches && { branches }) }), until, lastUsed];
}

async function ownerOf(
  command: Command,
  admin: KubeAdmin,
  text: string,
): Promise<{ readonly id: TokensOwner; readonly remote: RemoteObject }> {
  const { namespace, name } = remoteId(command, admin, text);
  const remote = await getRemote(admin, namespace, name);
  return { id: { namespace, name, uid: remote.metadata.uid ?? '' }, remote };
}

function idText({ namespace, name }: RemoteId): string {
  return `${namespace}/${name}`;
}
