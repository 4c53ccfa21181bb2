import { randomBytes } from 'node:crypto';
import { createNamespace, deleteNamespace } from './api-server.ts';
import { type Finished, run } from './command.ts';
import { giveTo } from './lease.ts';
import { rig } from './rig.ts';

/** kubectl with the cluster under test. A non-zero exit code is a result. */
export function kubectl(args: readonly string[], input?: string | object): Promise<Finished> {
  const text = typeof input === 'object' ? JSON.stringify(input) : input;
  const options = text === undefined ? {} : { input: text };
  return run(rig().kubectl, ['--kubeconfig', rig().kubeconfig, ...args], options);
}

/** The same, and it has to work. Returns stdout. */
export async function mustKubectl(args: readonly string[], input?: string | object): Promise<string> {
  const { code, output, stdout } = await kubectl(args, input);
  if (code !== 0) throw new Error(`kubectl ${args.join(' ')} failed: ${output}`);
  return stdout;
}

/** A namespace of this test alone. */
export class TestNamespace implements AsyncDisposable {
  readonly name: string;

  private constructor(name: string) {
    this.name = name;
  }

  /** @param server that serves its Remotes; unset: whichever sees one first */
  static async create(purpose: string, server?: { readonly name: string }): Promise<TestNamespace> {
    const name = `test-${purpose}-${randomBytes(3).toString('hex')}`;
    await createNamespace(name);
    if (server) await giveTo(server.name, name);
    return new TestNamespace(name);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await deleteNamespace(this.name);
  }
}
