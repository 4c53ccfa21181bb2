import { GitkubeError } from '../../base/errors.ts';
import { asShell } from '../../base/git-remote.ts';
import { rfc3339 } from '../../base/rfc3339.ts';
import { askServer } from '../../base/server-hints.ts';
import { plain } from '../../base/text.ts';
import { type AuthorizedKey, grantWords, keyRights, type Remote, rightsWords } from '../../remote-crd/index.ts';
import { type Denial, denialOf, hasRight, type Wish } from './may.ts';
import { type Principal, principalIn } from './principal.ts';
import { verbs } from './verbs.ts';

/** How many of those who may are named. */
const shown = 5;

/** What the owner of a key reads that a Remote lists, and that may not do what they want. */
export function denied(
  remote: Pick<Remote, 'id' | 'keys' | 'access' | 'uid'>,
  principal: Principal,
  wish: Wish,
  denial: Exclude<Denial, { kind: 'unlisted' }>,
  now: number,
): GitkubeError {
  const { name } = principalIn(remote, principal);
  const ofOwner = `ask an owner of ${remote.id}`;
  switch (denial.kind) {
    case 'expired':
      if (principal.grant) return tokenExpired(remote, name, denial.at);
      return new GitkubeError('KeyExpired', `the key ${name} of ${remote.id} expired at ${rfc3339(denial.at)}`, {
        hint: `${ofOwner} to change expiry-time in its line of spec.authorizedKeys, or use another key: ssh -i <file>`,
      });
    case 'address': {
      const from = principal.address ?? 'an address that is not known';
      return new GitkubeError('AddressDenied', `${remote.id} does not accept the key ${name} from ${from}`, {
        hint: `connect from another address, or ${ofOwner} to add this one to from="…" in its line of spec.authorizedKeys`,
      });
    }
    case 'touch':
      return new GitkubeError(
        'TokenUnused',
        `${remote.id} accepts the key ${name} only with a touch of its security token`,
        {
          hint: `generate a key that is touched: ssh-keygen -t ed25519-sk; or ${ofOwner} to add no-touch-required to its line of spec.authorizedKeys`,
        },
      );
    case 'pin':
      return new GitkubeError(
        'TokenUnused',
        `${remote.id} accepts the key ${name} only with the PIN of its security token`,
        {
          hint: 'generate a key that asks for it: ssh-keygen -t ed25519-sk -O verify-required',
        },
      );
    case 'right':
      return withoutRight(remote, principal, wish, now);
  }
}

/** Why this Remote does not take the key as it is used here, whatever its rights; undefined: it does. */
export function limitOfKey(
  remote: Pick<Remote, 'id' | 'keys' | 'access' | 'uid'>,
  principal: Principal,
  now: number,
): GitkubeError | undefined {
  const wish = { verb: 'inspect' } as const;
  const denial = denialOf(remote, principal, wish, now);
  return denial && denial.kind !== 'unlisted' ? denied(remote, principal, wish, denial, now) : undefined;
}

function withoutRight(
  remote: Pick<Remote, 'id' | 'keys' | 'access' | 'uid'>,
  principal: Principal,
  wish: Wish,
  now: number,
): GitkubeError {
  const { name, fingerprint, grant } = principalIn(remote, principal);
  const able = remote.keys
    .filter((key) => hasRight(remote, key, wish) && !hasExpired(key, now))
    .map(({ comment, ...key }) => comment || key.fingerprint);
  const names = [...new Set(able)];
  const listed = [...names.slice(0, shown), ...(names.length > shown ? ['…'] : [])].join(', ');
  const who = names.length === 0 ? 'no key of it may' : `those who may: ${listed}`;
  return new GitkubeError(
    'AccessDenied',
    `the ${grant ? 'token' : 'key'} ${name} may not ${wishWords(remote.id, wish)}`,
    {
      hint: [
        `it may ${grant ? grant.grants.map(grantWords).join('; ') : rightsWords(keyRights(remote, fingerprint))}`,
        plain(`${who}; to see all keys, type: ${askServer(`keys ${remote.id}`)}`, 500),
      ],
    },
  );
}

function tokenExpired({ id }: Pick<Remote, 'id'>, name: string, at: number): GitkubeError {
  return new GitkubeError('KeyExpired', `the token ${name} of ${id} expired at ${rfc3339(at)}`, {
    hint: `ask an owner of ${id} for another one, who types: gitkube remote tokens add ${id} ${asShell([name])}`,
  });
}

/** `deploy main or master of shop/app` */
export function wishWords(remote: string, { verb, branches }: Wish): string {
  const { words } = verbs[verb];
  if (verb !== 'push' || !branches) return `${words} ${remote}`;
  return `${words} branch ${plain(branches.join(' or '), 200)} of ${remote}`;
}

function hasExpired({ limits = [{}] }: AuthorizedKey, now: number): boolean {
  return limits.every(({ expiresAt = Number.POSITIVE_INFINITY }) => now >= expiresAt);
}
