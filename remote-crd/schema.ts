import { z } from 'zod';
import { branchName, configName, environmentName, lfsUrl, registryUrl, secretName, text } from './rules.ts';
import { access } from './schema-access.ts';
import { remoteNames, targetFields } from './schema-target.ts';
import { trust } from './schema-trust.ts';

/**
 * The spec of a Remote: the one source of the CRD, of its validation at run time and of `kubectl explain`.
 *
 * Every form that hasura/gitkube accepted and that could work is accepted: its CRD had no schema, and its own CLI wrote
 * empty leftovers (`manifests: {helm: {}, path: ""}`, `secretKeyRef: {key: ""}`). So nearly everything may be missing,
 * empty or null here, and parse.ts makes one form of it.
 */

const secretKeyRef = z.object({
  name: text(253, secretName).nullish().describe('The name of the Secret.'),
  key: text(253).nullish().describe('Ignored: the type of the Secret says where its credentials are.'),
  optional: z.boolean().nullish().describe('Ignored.'),
});

const credentials = z.object({
  secretRef: text(253, secretName)
    .nullish()
    .describe(
      'The name of a Secret in the namespace of the Remote, of type kubernetes.io/dockerconfigjson or kubernetes.io/dockercfg. Wins over secretKeyRef.',
    ),
  secretKeyRef: secretKeyRef.nullish().describe('The older way to name the Secret.'),
});

const registry = z.object({
  url: text(255, registryUrl)
    .nullish()
    .describe(
      'Where images are pushed to and pulled from: host[:port][/path], such as docker.io/user. Unset: the default registry of the server.',
    ),
  credentials: credentials.nullish().describe('The credentials of the registry. Unset: none.'),
});

const lfs = z.object({
  url: text(1024, lfsUrl).describe('As lfs.url of git-lfs: https://<host>/<repository>/info/lfs for most servers.'),
  credentials: z
    .object({
      secretRef: text(253, configName).describe(
        'The name of a Secret in the namespace of the Remote, of type kubernetes.io/basic-auth.',
      ),
    })
    .nullish()
    .describe('The login of the LFS server. Unset: none.'),
});

const environment = z.object({
  name: text(40, environmentName).describe(
    'In commands <namespace>/<remote>/<name>, and in the tags of its releases: releases/<name>/N.',
  ),
  branch: text(255, branchName).describe('The branch that deploys to it, and to no other environment.'),
  ...targetFields({ workloads: 40, containers: 20 }),
});

export const remoteSpec = z
  .object({
    authorizedKeys: z
      .array(text(65_536))
      .max(1000)
      .meta({ 'x-kubernetes-list-type': 'atomic' })
      .nullish()
      .describe(
        'SSH public keys that may push, as in an authorized_keys file; an entry may hold several lines. Accepted: ssh-ed25519, ecdsa-sha2-nistp256/384/521, ssh-rsa of at least 2048 bits, and ed25519-sk and ecdsa-sk on a security token. Options: expiry-time, from (addresses), no-touch-required, verify-required, and those that only forbid.',
      ),
    access: access
      .nullish()
      .describe(
        'What some of the keys may do, and no more. A key that several entries name may do what any of them says; one that none is about may do everything. Unset: each key may do everything.',
      ),
    trust: trust
      .nullish()
      .describe(
        'Who may use git over HTTPS by a token that somebody else has made: a CI system that signs one for each job, or a ServiceAccount. A token that fits several entries may do what any of them says. Unset: nobody.',
      ),
    branch: text(255, branchName)
      .nullish()
      .describe('The branch that deploys. Unset: main or master, whichever is pushed first.'),
    registry: registry.nullish().describe('Where images go.'),
    ...targetFields({ workloads: 200, containers: 50 }),
    lfs: lfs.nullish().describe('Where the content of files of Git LFS is. Unset: a build that needs any is refused.'),
    promoteTo: remoteNames
      .nullish()
      .describe(
        'Remotes of other namespaces that may promote the releases of this one: <namespace>/<name>. Those of its own namespace may in any case. Unset: none.',
      ),
    environments: z
      .array(environment)
      .max(10)
      .meta({ 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': ['name'] })
      .nullish()
      .describe(
        'Further branches that deploy, at most 10, each with workloads, releases and a lock of its own. Keys, access, registry, lfs, and where unset rollout and reconcile, are those of the Remote. Unset: none.',
      ),
  })
  .describe('What a push to this remote builds and deploys, and who may push.');

export type RemoteSpec = z.infer<typeof remoteSpec>;
