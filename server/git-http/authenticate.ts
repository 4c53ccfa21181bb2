import type { Clock } from '../../base/clock.ts';
import { asGitkubeError } from '../../base/errors.ts';
import type { Logger } from '../../base/log.ts';
import { type Remote, type Remotes, remoteIdOf } from '../../remote-crd/index.ts';
import type { Audit } from '../access/audit.ts';
import type { Principal } from '../access/principal.ts';
import { readToken } from '../access/tokens/token.ts';
import type { Tokens } from '../access/tokens/tokens.ts';
import { peek } from '../access/trust/issuers.ts';
import type { Judged, Trust } from '../access/trust/trust.ts';
import { tokenOf } from './credentials.ts';
import type { Route } from './route.ts';

export interface AuthenticateParts {
  readonly remotes: Pick<Remotes, 'entry' | 'judged'>;
  readonly tokens: Pick<Tokens, 'principalOf'>;
  /** Tokens that others have made. */
  readonly trust: Pick<Trust, 'judge'>;
  readonly audit: Pick<Audit, 'refused'>;
  readonly clock: Clock;
  readonly log: Logger;
}

/** Why somebody is nobody, for people who may be strangers. */
export interface Stranger {
  readonly status: 401 | 403 | 503;
  readonly text: string;
}

/** For a Remote that is not there nobody is asked, which must not show. */
const refusalMs = 300;

/** Whose token came with a request. */
export async function authenticate(
  parts: AuthenticateParts,
  { remote }: Pick<Route, 'remote'>,
  header: string | undefined,
  address: string | undefined,
): Promise<Principal | Stranger> {
  const id = remoteIdOf(remote);
  const text = tokenOf(header);
  if (text === undefined) return needsToken(id);
  const { clock } = parts;
  const late = clock.delay(refusalMs, new AbortController().signal);
  const found = isJwt(text) ? await judged(parts, id, text, address) : await principalOf(parts, id, text, address);
  if (found && 'fingerprint' in found) return found;
  await late;
  return found ?? refuse(parts, id, text, address);
}

function isJwt(text: string): boolean {
  return peek(text, 0) !== undefined;
}

/** Whose token it is that a CI system or the API server has made. */
async function judged(
  parts: AuthenticateParts,
  id: string,
  text: string,
  address: string | undefined,
): Promise<Principal | Stranger> {
  const remote = await knownRemote(parts.remotes, id);
  const found = await parts.trust.judge({ id, remote, address }, text);
  if (found.kind === 'trusted') return found.principal;
  report(parts, id, found, address);
  const hint = found.kind === 'untrusted' && found.hint !== undefined ? `; ${found.hint}` : '';
  return { status: statuses[found.kind], text: `gitkube: ${found.message}${hint}\n` };
}

/** git erases a password that a 401 refuses, and keeps one that is right, but may not. */
const statuses = { invalid: 401, untrusted: 403, unknown: 503 } as const;

/** What nobody has verified is in the log alone. */
function report(
  { remotes, audit }: AuthenticateParts,
  id: string,
  found: Exclude<Judged, { kind: 'trusted' }>,
  address: string | undefined,
): void {
  if (found.kind === 'unknown') return;
  const isVerified = found.kind === 'untrusted';
  const who = isVerified ? found.who : { fingerprint: 'issuer', name: 'unknown token' };
  const principal = { ...who, ...(address !== undefined && { address }) };
  const remote = (isVerified ? remotes.entry(id)?.remote : undefined) ?? id;
  const isListed = isVerified && found.isNear;
  audit.refused({ remote, principal, verb: 'inspect', reason: 'RemoteUnknown', message: found.message, isListed });
}

async function principalOf(
  { remotes, tokens, log }: AuthenticateParts,
  id: string,
  text: string,
  address: string | undefined,
): Promise<Principal | Stranger | undefined> {
  const remote = await knownRemote(remotes, id);
  if (!remote) return undefined;
  try {
    return await tokens.principalOf(remote, text, address);
  } catch (thrown) {
    const error = asGitkubeError(thrown);
    log.error({ remote: id, err: error }, 'the tokens of a Remote could not be read');
    if (error.kind !== 'transient') return undefined;
    return { status: 503, text: 'gitkube: tokens cannot be checked at the moment; try again later\n' };
  }
}

async function knownRemote(remotes: AuthenticateParts['remotes'], id: string): Promise<Remote | undefined> {
  const entry = remotes.entry(id);
  if (entry) await remotes.judged(entry);
  return entry?.remote ?? entry?.elsewhere?.remote;
}

/** A Remote that is not there is no other answer. */
function refuse(
  { remotes, audit }: AuthenticateParts,
  id: string,
  text: string,
  address: string | undefined,
): Stranger {
  const token = readToken(text);
  const reason = `this is no token of ${id}, or it was removed`;
  if (token) {
    const principal = { fingerprint: `token:${token.id}`, name: 'unknown token', ...(address && { address }) };
    const remote = remotes.entry(id)?.remote ?? id;
    const message = `the token ${token.id} is none of it, or was removed`;
    audit.refused({ remote, principal, verb: 'inspect', reason: 'RemoteUnknown', message, isListed: false });
  }
  return { status: 401, text: `gitkube: ${reason}\n` };
}

function needsToken(id: string): Stranger {
  const how = `who owns the Remote types: gitkube remote tokens add ${id} <name>`;
  return { status: 401, text: `gitkube: ${id} needs a token as the password; ${how}\n` };
}
