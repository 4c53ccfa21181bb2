import { GitkubeError } from '../../base/errors.ts';
import { byteSize } from '../../base/text.ts';
import type { ConfigKind } from '../../kube/kube.ts';
import { type EnvData, valueBytes } from './env-data.ts';

/** Of all values of a Secret or a ConfigMap together: the limit of the API server. */
const MAX_BYTES = 1024 * 1024;

/** What somebody sets and unsets. Values are in a private field: whatever prints or logs this object has none of them. */
export class EnvChange {
  readonly set: readonly string[];
  readonly unset: readonly string[];
  readonly #values: ReadonlyMap<string, Buffer>;

  constructor(values: ReadonlyMap<string, Buffer>, unset: readonly string[] = []) {
    this.#values = values;
    this.set = [...values.keys()];
    this.unset = unset;
  }

  /** @throws EnvUnusable: a value that no process can have, or a ConfigMap cannot, or all of them together are too large */
  applyTo(data: EnvData, kind: ConfigKind): EnvData {
    const after = new Map(data);
    for (const [name, value] of this.#values) after.set(name, encode(name, value, kind));
    for (const name of this.unset) after.delete(name);
    const bytes = [...after.values()].reduce((sum, value) => sum + valueBytes(kind, value), 0);
    if (bytes <= MAX_BYTES) return after;
    throw new GitkubeError('EnvUnusable', `all values together would have ${byteSize(bytes)}: a ${kind} takes 1 MiB`, {
      hint: 'unset what is not needed, or keep large values in files of the image or in a volume',
    });
  }
}

function encode(name: string, value: Buffer, kind: ConfigKind): string {
  if (value.includes(0))
    throw new GitkubeError('EnvUnusable', `the value of ${name} has a NUL byte, which no variable can`);
  if (kind === 'Secret') return value.toString('base64');
  const text = value.toString('utf8');
  if (Buffer.from(text).equals(value)) return text;
  throw new GitkubeError('EnvUnusable', `the value of ${name} is no UTF-8, which a ConfigMap needs`);
}
