import { z } from 'zod';

/**
 * A rule in both languages: CEL for the API server, a function for objects that are older than the rule. The message
 * is what `kubectl apply` prints after the path and the value.
 */
export interface Rule {
  readonly cel: string;
  readonly holds: (value: string) => boolean;
  readonly message: string;
}

/** A string with a bound, which the API server needs to estimate what its rules cost, and with rules. */
export function text(maxLength: number, ...rules: readonly Rule[]) {
  let schema = z.string().max(maxLength);
  for (const rule of rules) schema = schema.refine(rule.holds, rule.message);
  if (rules.length === 0) return schema;
  return schema.meta({
    'x-kubernetes-validations': rules.map(({ cel, message }) => ({ rule: cel, message })),
  });
}

function matching(pattern: RegExp, message: string): Rule {
  return { cel: `self.matches(r'${pattern.source}')`, holds: (value) => pattern.test(value), message };
}

export const lfsUrl = matching(
  /^https?:\/\/[a-zA-Z0-9.:[\]-]+(\/[a-zA-Z0-9._~%/-]*)?$/,
  'must be the URL of an LFS server, such as https://lfs.example.com/team/app/info/lfs',
);

/** RFC 1123 subdomain. */
export const deploymentName = matching(
  /^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/,
  'must be the name of a workload in the namespace of the Remote: lower case, digits, - and .',
);

/** The same, or nothing. */
export const secretName = matching(
  /^([a-z0-9]([-a-z0-9.]*[a-z0-9])?)?$/,
  'must be the name of a Secret in the namespace of the Remote: lower case, digits, - and .',
);

/** The same, never nothing. */
export const configName = matching(
  /^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/,
  'must be the name of an object in the namespace of the Remote: lower case, digits, - and .',
);

/** The same, or nothing. */
export const serviceAccountName = matching(
  /^([a-z0-9]([-a-z0-9.]*[a-z0-9])?)?$/,
  'must be the name of a ServiceAccount in the namespace of the Remote: lower case, digits, - and .',
);

export const trustName = matching(/^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/, 'must be a name: lower case, digits and -');

export const containerName = matching(
  /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/,
  'must be the name of a container: lower case, digits and -',
);

export const registryUrl = matching(
  /^(([a-zA-Z0-9.-]+|\[[0-9a-fA-F:]+\])(:[0-9]+)?(\/[a-z0-9._/-]*)?)?$/,
  'must be host[:port][/path] without https://, such as docker.io/user',
);

export const stageName = matching(
  /^([a-zA-Z0-9][a-zA-Z0-9_.-]*)?$/,
  'must be the name of a stage of the Dockerfile (FROM … AS name)',
);

/** git passes paths on as they are; none may leave the repository. */
export const pathInRepository: Rule = {
  cel: "!self.startsWith('/') && self != '..' && !self.startsWith('../') && !self.endsWith('/..') && !self.contains('/../')",
  holds: (path) => !path.startsWith('/') && !path.split('/').includes('..'),
  message: 'must be relative to the repository root, without ..',
};

export const printable: Rule = {
  cel: "!self.matches(r'[\\x00-\\x1f\\x7f]')",
  holds: (value) => !/[\u0000-\u001f\u007f]/.test(value),
  message: 'must not contain control characters',
};

/** The rules of git check-ref-format for a branch, or nothing. */
export const branchName: Rule = {
  cel: [
    "!self.matches(r'[\\x00-\\x20\\x7f~^:?*\\[\\\\]')",
    "!self.matches(r'\\.\\.|@\\{|//|/\\.|^[./-]|[./]$|\\.lock(/|$)')",
    "self != '@' && self != 'HEAD' && !self.startsWith('refs/')",
  ].join(' && '),
  holds: (name) =>
    !/[\u0000-\u0020\u007f~^:?*[\\]/.test(name) &&
    !/\.\.|@\{|\/\/|\/\.|^[./-]|[./]$|\.lock(\/|$)/.test(name) &&
    name !== '@' &&
    name !== 'HEAD' &&
    !name.startsWith('refs/'),
  message: 'must be the name of a branch, such as main, without refs/heads/',
};

/** Of the same namespace, or with it, and maybe with an environment. */
export const remoteName = matching(
  /^([a-z0-9]([-a-z0-9]*[a-z0-9])?\/)?[a-z0-9]([-a-z0-9.]*[a-z0-9])?(\/[a-z]([-a-z0-9]*[a-z0-9])?)?$/,
  'must be the name of a Remote or an environment, or <namespace>/<name>[/<environment>]',
);

/** Part of refs, of labels and of the names of Helm releases. A number would look like a release. */
export const environmentName: Rule = {
  cel: `self.matches(r'^[a-z]([-a-z0-9]*[a-z0-9])?$') && self != 'releases'`,
  holds: (name) => /^[a-z]([-a-z0-9]*[a-z0-9])?$/.test(name) && name !== 'releases',
  message: 'must be lower case letters, digits and -, beginning with a letter, and not releases',
};

/** As a branch, but for the stars. */
export const branchPattern: Rule = {
  cel: `self != '' && !self.matches(r'[\\x00-\\x20\\x7f~^:?\\[\\\\]') && !self.startsWith('refs/')`,
  holds: (name) => name !== '' && !/[\u0000-\u0020\u007f~^:?[\\]/.test(name) && !name.startsWith('refs/'),
  message: 'must be the name of a branch or a pattern such as preview/*, without refs/heads/',
};

/** As a token names who signed it (OpenID Connect Discovery 1.0, section 3): without a query or a fragment. */
export const issuerUrl = matching(
  /^https:\/\/[a-zA-Z0-9.:[\]-]+(\/[a-zA-Z0-9._~%/-]*)?$/,
  'must be the URL of an issuer of tokens, such as https://gitlab.com',
);

export const serviceAccountRef = matching(
  /^[a-z0-9]([-a-z0-9]*[a-z0-9])?\/[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/,
  'must be <namespace>/<name> of a ServiceAccount',
);

/** Of a key: `*`, a fingerprint or a comment. */
export const keyName: Rule = {
  cel: "self != '' && !self.matches(r'[\\x00-\\x1f\\x7f]')",
  holds: (name) => name !== '' && !/[\u0000-\u001f\u007f]/.test(name),
  message: 'must be the comment or the fingerprint of a key, or "*"',
};
