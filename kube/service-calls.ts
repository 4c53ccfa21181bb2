import type { V1Node, V1Service } from '@kubernetes/client-node';
import { fromStatus, readStatus } from './errors.ts';
import { parseObject } from './objects.ts';
import type { Transport } from './transport.ts';

export type { V1Node, V1Service };

export interface ServiceCalls {
  /** Some nodes of the cluster: enough to know the address of one. */
  listSomeNodes(): Promise<readonly V1Node[]>;
}

const timeoutMs = 10_000;
const path = '/api/v1/nodes';

export function serviceCalls(transport: Transport): ServiceCalls {
  return {
    listSomeNodes: async () => {
      const answer = await transport.send({ method: 'GET', url: transport.url(`${path}?limit=50`), timeoutMs });
      if (answer.status !== 200) {
        throw fromStatus(readStatus(answer.status, answer.body), { verb: 'list', resource: 'nodes' });
      }
      const list = parseObject(answer.body, { path }) as { items?: V1Node[] } | undefined;
      return list?.items ?? [];
    },
  };
}
