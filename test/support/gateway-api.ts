import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { must } from './command.ts';
import { eventually } from './eventually.ts';
import { kubectl, mustKubectl } from './kubectl.ts';

const modules = join(import.meta.dirname, 'gateway-api');
const api = 'sigs.k8s.io/gateway-api';
const group = 'gateway.networking.k8s.io';

/**
 * The kinds of the Gateway API that the chart uses, as its Go module has them, in the cluster under another group: no other test
 * comes upon them, and a cluster that has the real ones keeps them.
 */
export class GatewayApi implements AsyncDisposable {
  readonly #group: string;
  readonly #crds: string;

  private constructor(ownGroup: string, crds: string) {
    this.#group = ownGroup;
    this.#crds = crds;
  }

  static async install(): Promise<GatewayApi> {
    const options = { cwd: modules, env: { GOFLAGS: '-mod=readonly', GOWORK: 'off' } };
    await must('go', ['mod', 'download', api], options);
    const source = (await must('go', ['list', '-m', '-f', '{{.Dir}}', api], options)).trim();
    const file = (kind: string) => readFile(join(source, 'config/crd/standard', `${group}_${kind}.yaml`), 'utf8');
    const ownGroup = `gateway-${randomUUID().slice(0, 8)}.gitkube.test`;
    const all = await Promise.all(['httproutes', 'backendtlspolicies'].map(file));
    const gatewayApi = new GatewayApi(ownGroup, all.join('\n---\n').replaceAll(group, ownGroup));
    await mustKubectl(['apply', '--server-side', '-f', '-'], gatewayApi.#crds);
    // It is stored a moment before its kinds are served.
    await eventually(async () => {
      const kinds = await kubectl(['api-resources', `--api-group=${ownGroup}`, '-o', 'name', '--cached=false']);
      return kinds.output.includes('httproutes') && kinds.output.includes('backendtlspolicies');
    });
    return gatewayApi;
  }

  /** Objects of the Gateway API, as this cluster knows them. */
  known(manifest: string): string {
    return manifest.replaceAll(group, this.#group);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await kubectl(['delete', '--ignore-not-found', '-f', '-'], this.#crds);
  }
}
