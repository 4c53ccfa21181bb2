/** Tokens of HTTPS are in a Secret beside their Remote, hashed: server/access/tokens. */

/** No manifest that is pushed may be a Secret of such a name. */
export const tokensPrefix = 'gitkube-tokens-';

/** Of Secrets with tokens: no env of a Remote may name one of them. */
export const tokensType = 'gitkube.sh/tokens';

/** The Secret with the tokens of a Remote, in its namespace. */
export function tokensSecretName(remote: string): string {
  return `${tokensPrefix}${remote}`;
}
