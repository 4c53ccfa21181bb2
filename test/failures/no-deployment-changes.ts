import { eventually } from '../support/eventually.ts';
import { kubectl, mustKubectl } from '../support/kubectl.ts';

/** An admission policy that refuses every change of a Deployment in one namespace. */
export class NoDeploymentChanges implements AsyncDisposable {
  readonly #name: string;

  private constructor(name: string) {
    this.#name = name;
  }

  static async in(namespace: string): Promise<NoDeploymentChanges> {
    const name = `signed-${namespace}`;
    const apiVersion = 'admissionregistration.k8s.io/v1';
    const rule = { apiGroups: ['apps'], apiVersions: ['v1'], operations: ['UPDATE'], resources: ['deployments'] };
    const policy = {
      matchConstraints: { resourceRules: [rule] },
      validations: [{ expression: 'false', message: 'images must be signed, see https://wiki.example.com/signing' }],
    };
    const binding = {
      policyName: name,
      validationActions: ['Deny'],
      matchResources: { namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': namespace } } },
    };
    const items = [
      { apiVersion, kind: 'ValidatingAdmissionPolicy', metadata: { name }, spec: policy },
      { apiVersion, kind: 'ValidatingAdmissionPolicyBinding', metadata: { name }, spec: binding },
    ];
    await mustKubectl(['apply', '-f', '-'], { apiVersion: 'v1', kind: 'List', items });
    // It is in force a moment after it is stored.
    const change = ['-n', namespace, 'label', 'deployment', 'www', 'tried=yes', '--dry-run=server'];
    await eventually(async () => (await kubectl(change)).code !== 0);
    return new NoDeploymentChanges(name);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await mustKubectl(['delete', 'validatingadmissionpolicybinding,validatingadmissionpolicy', this.#name]);
  }
}
