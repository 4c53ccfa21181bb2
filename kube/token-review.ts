import { GitkubeError } from '../base/errors.ts';
import { plain } from '../base/text.ts';
import { type Call, fromStatus, parseBody, readStatus } from './errors.ts';
import type { Transport } from './transport.ts';

/** Whose token it is, or why it is nobody's. */
export type ReviewedToken =
  | { readonly username: string }
  /** As the API server says it, about a token that the asker has. */
  | { readonly problem: string };

export interface TokenReviewCalls {
  /**
   * Asks whose token it is. @param audience for which it has to be made
   * @throws ClusterForbidden: Gitkube may not ask; ClusterUnavailable
   */
  reviewToken(token: string, audience: string): Promise<ReviewedToken>;
}

/** A client waits for it. */
const timeoutMs = 10_000;
const call: Call = { verb: 'create', resource: 'tokenreviews.authentication.k8s.io' };

interface TokenReview {
  readonly status?: {
    readonly authenticated?: boolean;
    readonly user?: { readonly username?: string };
    readonly audiences?: readonly string[];
    readonly error?: string;
  };
}

/** https://kubernetes.io/docs/reference/kubernetes-api/authentication-resources/token-review-v1 */
export function tokenReviewCalls(transport: Transport): TokenReviewCalls {
  return {
    reviewToken: async (token, audience) => {
      const answer = await transport.send({
        method: 'POST',
        url: transport.url('/apis/authentication.k8s.io/v1/tokenreviews'),
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({
          apiVersion: 'authentication.k8s.io/v1',
          kind: 'TokenReview',
          spec: { token, audiences: [audience] },
        }),
        timeoutMs,
      });
      if (answer.status >= 300) throw fromStatus(readStatus(answer.status, answer.body), call);
      return judge(parseBody<TokenReview>(answer.body), audience);
    },
  };
}

function judge({ status = {} }: TokenReview, audience: string): ReviewedToken {
  const { authenticated, user, audiences = [], error = '' } = status;
  if (!authenticated) return { problem: plain(error, 300) || 'it is not valid' };
  // An authenticator that knows no audiences answers with none: the token is for anybody who takes it.
  if (!audiences.includes(audience)) return { problem: `it is not made for the audience ${audience}` };
  if (!user?.username)
    throw new GitkubeError('ClusterUnavailable', 'the Kubernetes API does not say whose token it is');
  return { username: user.username };
}
