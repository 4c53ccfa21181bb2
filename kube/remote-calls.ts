import { type Call, fromPatchStatus, readStatus } from './errors.ts';
import type { JsonPatch } from './kube.ts';
import type { Transport } from './transport.ts';

export interface RemoteCalls {
  /**
   * JSON patch of a Remote itself, not of its status. `changed`: a `test` of the patch did not hold.
   * @throws PatchRefused
   */
  patchRemote(namespace: string, name: string, patch: JsonPatch): Promise<'patched' | 'changed' | 'gone'>;
}

const timeoutMs = 30_000;

export function remoteCalls(transport: Transport): RemoteCalls {
  return {
    patchRemote: async (namespace, name, patch) => {
      const call: Call = { verb: 'patch', resource: 'remotes', namespace, name };
      const answer = await transport.send({
        method: 'PATCH',
        url: transport.url(`/apis/gitkube.sh/v1alpha1/namespaces/${namespace}/remotes/${name}?fieldManager=gitkube`),
        headers: { 'content-type': 'application/json-patch+json' },
        body: JSON.stringify(patch),
        timeoutMs,
      });
      if (answer.status < 300) return 'patched';
      if (answer.status === 404) return 'gone';
      const error = fromPatchStatus(readStatus(answer.status, answer.body), call);
      if (error.reason === 'WorkloadChanged') return 'changed';
      throw error;
    },
  };
}
