import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { load, loadAll } from 'js-yaml';
import { callApi } from './api-server.ts';
import { eventually } from './eventually.ts';
import { chart, mustHelm, values } from './helm.ts';
import { mustKubectl } from './kubectl.ts';
import { rig } from './rig.ts';

/** A rule of a Role. */
export interface Rule {
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly verbs: readonly string[];
  readonly resourceNames?: readonly string[];
}

/** What gives an account its rights. */
export const rbac: ReadonlySet<string> = new Set([
  'ServiceAccount',
  'Role',
  'RoleBinding',
  'ClusterRole',
  'ClusterRoleBinding',
]);

/** A ServiceAccount that may do what a test says and nothing else, with a kubeconfig of its own. */
export class Account implements AsyncDisposable {
  readonly kubeconfig: string;
  readonly #folder: string;
  readonly #namespace: string;
  readonly #name: string;

  private constructor(folder: string, namespace: string, name: string) {
    this.#name = name;
    this.#folder = folder;
    this.#namespace = namespace;
    this.kubeconfig = join(folder, 'kubeconfig');
  }

  /** @param namespace where the account lives; it has to exist */
  static async create(namespace: string, name = 'gitkube'): Promise<Account> {
    const account = new Account(await mkdtemp(join(tmpdir(), 'gitkube-account-')), namespace, name);
    await mustKubectl(['-n', namespace, 'create', 'serviceaccount', name]);
    await account.#writeKubeconfig();
    return account;
  }

  /**
   * The account that the chart installs in a namespace, with the rights that it has there for the namespaces that it
   * watches, and these alone.
   * @param set values of the chart
   */
  static async shipped(namespace: string, set: Readonly<Record<string, unknown>>): Promise<Account> {
    const account = new Account(await mkdtemp(join(tmpdir(), 'gitkube-account-')), namespace, 'gitkube');
    const text = await mustHelm('template', 'gitkube', chart, `--namespace=${namespace}`, ...values(set));
    const items = (loadAll(text) as ({ kind: string } | null)[]).filter((object) => object && rbac.has(object.kind));
    await mustKubectl(['apply', '-f', '-'], { apiVersion: 'v1', kind: 'List', items });
    await account.#writeKubeconfig();
    return account;
  }

  async #writeKubeconfig(): Promise<void> {
    const namespace = this.#namespace;
    const token = (await mustKubectl(['-n', namespace, 'create', 'token', this.#name, '--duration=1h'])).trim();
    const admin = load(await readFile(rig().kubeconfig, 'utf8')) as { users: { name: string }[] };
    const users = admin.users.map(({ name }) => ({ name, user: { token } }));
    await writeFile(this.kubeconfig, JSON.stringify({ ...admin, users }));
  }

  /** Gives it a Role in a namespace; resolves when the API server goes by it. */
  async allow(namespace: string, rules: readonly Rule[]): Promise<void> {
    const meta = { name: this.#name, namespace };
    const group = 'rbac.authorization.k8s.io';
    const role = { apiVersion: `${group}/v1`, kind: 'Role', metadata: meta, rules };
    const binding = {
      apiVersion: `${group}/v1`,
      kind: 'RoleBinding',
      metadata: meta,
      roleRef: { apiGroup: group, kind: 'Role', name: meta.name },
      subjects: [{ kind: 'ServiceAccount', name: this.#name, namespace: this.#namespace }],
    };
    await mustKubectl(['apply', '-f', '-'], { apiVersion: 'v1', kind: 'List', items: [role, binding] });
    for (const rule of rules) await eventually(() => this.#may(namespace, rule));
  }

  async #may(namespace: string, { apiGroups: [group], verbs: [verb], ...rule }: Rule): Promise<boolean> {
    const [resource, subresource] = rule.resources[0]?.split('/') ?? [];
    const user = `system:serviceaccount:${this.#namespace}:${this.#name}`;
    const asked = { namespace, group, resource, subresource, verb, name: rule.resourceNames?.[0] };
    const review = {
      apiVersion: 'authorization.k8s.io/v1',
      kind: 'SubjectAccessReview',
      spec: { user, resourceAttributes: asked },
    };
    const answer = await callApi('POST', '/apis/authorization.k8s.io/v1/subjectaccessreviews', review);
    return (JSON.parse(answer) as { status: { allowed: boolean } }).status.allowed;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.#folder, { recursive: true, force: true });
  }
}
