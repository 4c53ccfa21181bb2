import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Finished, run } from './command.ts';

/** Where the cluster under test is; set by who starts the run. */
export function rigKubeconfig(): string {
  return fromEnvironment('GITKUBE_RIG_KUBECONFIG');
}

/** kubectl with the cluster under test. A non-zero exit code is a result. */
export function kubectl(args: readonly string[], input?: string | object): Promise<Finished> {
  const text = typeof input === 'object' ? JSON.stringify(input) : input;
  const options = text === undefined ? {} : { input: text };
  return run(fromEnvironment('GITKUBE_RIG_KUBECTL'), ['--kubeconfig', rigKubeconfig(), ...args], options);
}

/** The same, and it has to work. Returns stdout. */
export async function mustKubectl(args: readonly string[], input?: string | object): Promise<string> {
  const { code, output, stdout } = await kubectl(args, input);
  if (code !== 0) throw new Error(`kubectl ${args.join(' ')} failed: ${output}`);
  return stdout;
}

/** Installs the CRD as users do, and waits until the API server serves it. */
export async function installCrd(): Promise<void> {
  const crd = readFileSync(join(import.meta.dirname, '../../manifests/crd.yaml'), 'utf8');
  await mustKubectl(['apply', '--server-side', '--force-conflicts', '-f', '-'], crd);
  await mustKubectl(['wait', '--for=condition=Established', '--timeout=30s', 'crd/remotes.gitkube.sh']);
}

/** A namespace of this test alone. */
export class TestNamespace implements AsyncDisposable {
  readonly name: string;

  private constructor(name: string) {
    this.name = name;
  }

  static async create(purpose: string): Promise<TestNamespace> {
    const name = `test-${purpose}-${randomBytes(3).toString('hex')}`;
    await mustKubectl(['create', 'namespace', name]);
    return new TestNamespace(name);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await mustKubectl(['delete', 'namespace', this.name, '--wait=false']);
  }
}

function fromEnvironment(name: string): string {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is not set: these tests need a cluster, run npm test`);
  return value;
}
