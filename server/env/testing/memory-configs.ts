import { systemClock } from '../../../base/clock.ts';
import { silentLogger } from '../../../base/log.ts';
import type { ConfigCalls, ConfigRef, NewConfig } from '../../../kube/kube.ts';
import { EnvStore } from '../env-store.ts';

interface Stored {
  version: number;
  immutable: boolean;
  data: Record<string, string>;
  type: string;
}

/** Secrets and ConfigMaps of an API server, as far as an EnvStore asks for them. */
export class MemoryConfigs implements ConfigCalls {
  readonly objects = new Map<string, Stored>();
  /** What was asked for, but for reads: `patch web-env`. */
  readonly asked: string[] = [];
  /** Called before each change, with what is asked for: may throw, or change something. */
  before: (what: string) => void = () => {};

  /** As after the end of the server: each call fails, reads as well. */
  isDown = false;

  /** Sets what an object has, as another hand does. */
  write(name: string, data: Record<string, string>, immutable = false, type = 'Opaque'): void {
    this.objects.set(name, { version: (this.objects.get(name)?.version ?? 0) + 1, immutable, data, type });
  }

  data(name: string): Record<string, string> | undefined {
    return this.objects.get(name)?.data;
  }

  names(): string[] {
    return [...this.objects.keys()];
  }

  store(enabled = true): EnvStore {
    const hostKey = { namespace: 'ns', name: 'gitkube-host-key' };
    return new EnvStore({ kube: this, enabled, hostKey, clock: systemClock, log: silentLogger });
  }

  async getConfig({ name }: ConfigRef) {
    if (this.isDown) throw new Error('killed');
    const found = this.objects.get(name);
    if (!found) return undefined;
    const { version, immutable, data, type } = found;
    return { metadata: { resourceVersion: `${version}` }, immutable, type, data: { ...data } };
  }

  async createConfig({ name, data, type }: NewConfig) {
    this.#ask(`create ${name}`);
    if (this.objects.has(name)) return 'exists';
    this.write(name, { ...data }, true, type);
    return 'created';
  }

  async changeConfig({ name }: ConfigRef, change: Parameters<ConfigCalls['changeConfig']>[1]) {
    this.#ask(`patch ${name}`);
    const found = this.objects.get(name);
    if (!found) return 'gone';
    if (`${found.version}` !== change.resourceVersion) return 'changed';
    const all = Object.entries({ ...found.data, ...change.data });
    this.write(name, Object.fromEntries(all.flatMap(([key, value]) => (value === null ? [] : [[key, value]]))));
    return 'patched';
  }

  async deleteConfig({ name }: ConfigRef) {
    this.#ask(`delete ${name}`);
    this.objects.delete(name);
  }

  #ask(what: string): void {
    if (this.isDown) throw new Error('killed');
    this.before(what);
    this.asked.push(what);
  }
}
