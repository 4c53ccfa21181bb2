import { type Call, fromPatchStatus, readStatus } from './errors.ts';
import type { JsonPatch } from './kube.ts';
import type { Transport } from './transport.ts';

export interface RemoteCalls {
  /**
   * JSON patch of a Remote itself, not of its status. `changed`: a `test` of the patch did not hold.
   * @throws PatchRefused
   */
  patchRemote(namespace: string, name: string, patch: JsonPatch): Promise<Answer>;
  /**
   * Sets annotations of a Remote, or removes them (null). `changed`: it has another resource version.
   * @throws PatchRefused
   */
  annotateRemote(
    namespace: string,
    name: string,
    change: { resourceVersion: string; annotations: Readonly<Record<string, string | null>> },
  ): Promise<Answer>;
}

const timeoutMs = 30_000;

type Answer = 'patched' | 'changed' | 'gone';

export function remoteCalls(transport: Transport): RemoteCalls {
  const send = async (namespace: string, name: string, type: string, body: unknown): Promise<Answer> => {
    const call: Call = { verb: 'patch', resource: 'remotes', namespace, name };
    const answer = await transport.send({
      method: 'PATCH',
      url: transport.url(`/apis/gitkube.sh/v1alpha1/namespaces/${namespace}/remotes/${name}?fieldManager=gitkube`),
      headers: { 'content-type': `application/${type}+json` },
      body: JSON.stringify(body),
      timeoutMs,
    });
    if (answer.status < 300) return 'patched';
    if (answer.status === 404) return 'gone';
    const error = fromPatchStatus(readStatus(answer.status, answer.body), call);
    if (error.reason === 'WorkloadChanged') return 'changed';
    throw error;
  };
  return {
    patchRemote: (namespace, name, patch) => send(namespace, name, 'json-patch', patch),
    annotateRemote: (namespace, name, metadata) => send(namespace, name, 'merge-patch', { metadata }),
  };
}
