import { z } from 'zod';
import { rights } from './remote.ts';
import { issuerUrl, serviceAccountRef, text, trustName } from './rules.ts';
import { branches } from './schema-access.ts';

/**
 * Claims that say who a token is of. A token of a public issuer, which signs for everybody, authorises nobody, and
 * neither does a branch, which any repository may have, nor a workflow or a client that anybody may use.
 */
export const identityClaims: readonly string[] = [
  'sub',
  'repository',
  'repository_id',
  'repository_owner',
  'repository_owner_id',
  'project_id',
  'project_path',
  'namespace_id',
  'namespace_path',
];

const maxClaims = 20;
const oneOf = 'must have issuer, audience and claims, or serviceAccount, not both';
const noIdentity = `claims must say whose token it is, by one of ${identityClaims.join(', ')}`;
const starAtEnd = 'a * in a claim stands at its end, behind / or :, such as refs/heads/*';

/** A * behind anything else would be for those whose names begin alike, too. */
const claimPattern = /^[^*]+([/:]\*)?$/;
const wholeIssuer = 'a * in sub stands behind the name of somebody, such as repo:shop/*';
/** `repo:*` would be for everybody who has a repository there. */
const subPattern = /^([^*]*[^*/:][/:][^*/:]+[/:]\*|[^*]+)$/;

const claims = z
  .record(z.string(), z.string().min(1).max(1024))
  .refine((all) => Object.keys(all).length <= maxClaims, `at most ${maxClaims} claims`)
  .refine((all) => identityClaims.some((name) => Object.hasOwn(all, name)), noIdentity)
  .refine((all) => Object.values(all).every((value) => claimPattern.test(value)), starAtEnd)
  .refine(({ sub }) => sub === undefined || subPattern.test(sub), wholeIssuer)
  .meta({
    maxProperties: maxClaims,
    'x-kubernetes-validations': [
      { rule: `${JSON.stringify(identityClaims)}.exists(name, name in self)`, message: noIdentity },
      { rule: `self.all(name, self[name].matches(r'${claimPattern.source}'))`, message: starAtEnd },
      { rule: `!('sub' in self) || self['sub'].matches(r'${subPattern.source}')`, message: wholeIssuer },
    ],
  });

const entry = z
  .object({
    name: text(63, trustName).describe('Its name in the log, in Events and in releases.'),
    issuer: text(512, issuerUrl)
      .optional()
      .describe(
        'Who signs the tokens, as their claim iss has it, such as https://token.actions.githubusercontent.com. The server accepts those of GITKUBE_TRUSTED_ISSUERS.',
      ),
    audience: text(512)
      .min(1)
      .optional()
      .describe('For whom the tokens are made: one that only this server has, such as its URL.'),
    claims: claims
      .optional()
      .describe(
        'Claims that a token has to have, all of them, with these values. A * at the end, behind / or :, stands for any characters. At least one says whose token it is, such as repository_id or project_id.',
      ),
    serviceAccount: text(317, serviceAccountRef)
      .optional()
      .describe(
        'In place of an issuer: a ServiceAccount of the cluster, <namespace>/<name>, whose tokens have the audience gitkube.',
      ),
    may: z
      .array(z.enum(rights))
      .min(1)
      .max(rights.length)
      .meta({ 'x-kubernetes-list-type': 'set' })
      .describe('What it may do: read, deploy, operate, as in access; over HTTPS, operate alone is no more than read.'),
    branches,
  })
  .refine(({ issuer, audience, claims: of, serviceAccount }) => {
    const given = [issuer, audience, of].filter((field) => field !== undefined).length;
    return serviceAccount === undefined ? given === 3 : given === 0;
  }, oneOf)
  .meta({
    'x-kubernetes-validations': [
      {
        rule: 'has(self.serviceAccount) ? !has(self.issuer) && !has(self.audience) && !has(self.claims) : has(self.issuer) && has(self.audience) && has(self.claims)',
        message: oneOf,
      },
    ],
  });

export const trust = z
  .array(entry)
  .max(20)
  .meta({ 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': ['name'] });

export type TrustEntry = z.infer<typeof entry>;
