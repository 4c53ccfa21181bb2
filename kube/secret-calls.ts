import { GitkubeError } from '../base/errors.ts';
import { type Call, fromStatus, readStatus } from './errors.ts';
import type { Transport } from './transport.ts';

export interface NewSecret {
  readonly namespace: string;
  readonly name: string;
  readonly labels?: Readonly<Record<string, string>>;
  /** Plain text, by key. */
  readonly stringData: Readonly<Record<string, string>>;
}

export interface SecretCalls {
  /**
   * Makes an Opaque Secret. False: there is one of that name already, and it is left as it is.
   * @throws ConfigInvalid when there is no such namespace
   */
  createSecret(secret: NewSecret): Promise<boolean>;
}

const timeoutMs = 30_000;

export function secretCalls(transport: Transport): SecretCalls {
  return {
    createSecret: async ({ namespace, name, labels = {}, stringData }) => {
      const call: Call = { verb: 'create', resource: 'secrets', namespace, name };
      const secret = { apiVersion: 'v1', kind: 'Secret', type: 'Opaque', metadata: { name, labels }, stringData };
      const answer = await transport.send({
        method: 'POST',
        url: transport.url(`/api/v1/namespaces/${namespace}/secrets?fieldManager=gitkube`),
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(secret),
        timeoutMs,
      });
      if (answer.status < 300) return true;
      const status = readStatus(answer.status, answer.body);
      if (status.code === 409 && status.reason === 'AlreadyExists') return false;
      if (status.code !== 404) throw fromStatus(status, call);
      throw new GitkubeError('ConfigInvalid', `there is no namespace ${namespace} for the Secret ${name}`, {
        hint: `kubectl create namespace ${namespace}`,
      });
    },
  };
}
