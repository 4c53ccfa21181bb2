import { randomBytes } from 'node:crypto';
import type { Images } from '../../scripts/images/ensure.ts';
import { publish } from '../../scripts/images/publish.ts';
import { stderrProgress } from '../cluster/progress.ts';
import { defaultCacheDir } from '../cluster/state.ts';
import { must } from './command.ts';
import { eventually } from './eventually.ts';
import { chart, mustHelm, values } from './helm.ts';
import { mustKubectl } from './kubectl.ts';
import { rig } from './rig.ts';

type Values = Readonly<Record<string, unknown>>;

/** The three images, in the registry that the nodes pull from. */
export async function publishedImages(): Promise<Images> {
  const options = { engine: rig().engine, cacheDir: defaultCacheDir(process.env), progress: stderrProgress };
  const names = (['server', 'engine', 'registry'] as const).map((kind) => publish(options, rig().registry, kind));
  const [server = '', engine = '', registry = ''] = await Promise.all(names);
  return { server, engine, registry };
}

export function imageValue(name: string): { repository: string; tag: string } {
  const at = name.lastIndexOf(':');
  return { repository: name.slice(0, at), tag: name.slice(at + 1) };
}

/** What every installation in the cluster under test needs: its images, its registry, and an engine without a bridge. */
export function rigValues({ server, engine, registry }: Images): Values {
  return {
    image: imageValue(server),
    'crds.install': false,
    'service.type': 'NodePort',
    'persistence.enabled': false,
    'builder.image': imageValue(engine),
    'builder.network': 'host',
    'builder.insecureRegistries': [rig().registry],
    'builder.daemonConfig': { bridge: 'none', iptables: false, 'oom-score-adjust': 0 },
    'registry.image': imageValue(registry),
    settings: { GITKUBE_REGISTRY: rig().registry },
  };
}

/** An installed chart in a namespace of its own. */
export class Release implements AsyncDisposable {
  readonly namespace: string;
  readonly #values: Values;

  private constructor(namespace: string, values: Values) {
    this.namespace = namespace;
    this.#values = values;
  }

  /** @param level the Pod Security level that the namespace enforces */
  static async prepare(purpose: string, level: 'privileged' | 'restricted', values: Values): Promise<Release> {
    const namespace = `test-${purpose}-${randomBytes(3).toString('hex')}`;
    await mustKubectl(['create', 'namespace', namespace]);
    await mustKubectl(['label', 'namespace', namespace, `pod-security.kubernetes.io/enforce=${level}`]);
    return new Release(namespace, values);
  }

  /** Installs or upgrades, and waits until everything is ready. */
  async apply(change: Values = {}, from = chart): Promise<string> {
    const set = values({ ...this.#values, ...change });
    const wait = ['--install', '--wait', '--timeout=180s', `--namespace=${this.namespace}`];
    const output = await mustHelm('upgrade', 'gitkube', from, ...wait, ...set);
    await this.#answers();
    return output;
  }

  async uninstall(): Promise<string> {
    return mustHelm('uninstall', 'gitkube', `--namespace=${this.namespace}`, '--wait', '--timeout=240s');
  }

  /** Where its Service is reached from this machine. */
  async address(): Promise<{ name: string; host: string; port: number }> {
    const host = await mustKubectl([
      ...['get', 'nodes', '-o'],
      'jsonpath={.items[0].status.addresses[?(@.type=="InternalIP")].address}',
    ]);
    return {
      name: `${this.namespace}/gitkube`,
      host,
      port: Number(await this.kubectl('get', 'service', 'gitkube', '-o', 'jsonpath={.spec.ports[0].nodePort}')),
    };
  }

  /** Of the server, as ssh finds it. */
  async hostKey(): Promise<string | undefined> {
    const { host, port } = await this.address();
    const scanned = await must('ssh-keyscan', ['-T', '20', '-p', `${port}`, host]);
    // Without the address: the port of another Service differs.
    return /ssh-ed25519 \S+/.exec(scanned)?.[0];
  }

  /** `pod/<name>` of the server. */
  async pod(): Promise<string> {
    return (await this.kubectl('get', 'pods', '-l', 'app.kubernetes.io/component=server', '-o', 'name')).trim();
  }

  /** Resolves when there is a server that takes pushes. */
  async ready(): Promise<void> {
    await this.kubectl('rollout', 'status', 'deployment/gitkube', '--timeout=240s');
    await this.#answers();
  }

  /** The node's packet filter follows a moment after a pod is ready. */
  async #answers(): Promise<void> {
    await eventually(() => this.hostKey(), 60_000);
  }

  kubectl(...args: string[]): Promise<string> {
    return mustKubectl(['-n', this.namespace, ...args]);
  }

  /** A command in a container of the pod. */
  exec(container: 'server' | 'engine', command: string): Promise<string> {
    return this.kubectl('exec', 'deployment/gitkube', '-c', container, '--', 'sh', '-c', command);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await mustHelm('uninstall', 'gitkube', `--namespace=${this.namespace}`, '--ignore-not-found');
    await mustKubectl(['delete', 'namespace', this.namespace, '--wait=false']);
  }
}

/** What `git push --progress` says about it. */
export function objectsSent(output: string): number {
  const [, objects] = /Writing objects: 100% \(\d+\/(\d+)\)/.exec(output) ?? [];
  return Number(objects);
}
