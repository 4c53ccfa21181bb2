import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { asGitkubeError, type GitkubeError } from '../../base/errors.ts';
import type { Remote } from '../../remote-crd/remote.ts';
import { type HelmWork, renderChart } from './helm.ts';

let base: string;

beforeEach(async () => {
  base = await mkdtemp(join(tmpdir(), 'gitkube-helm-'));
});
afterEach(() => rm(base, { recursive: true, force: true }));

interface Chart {
  readonly template: string;
  readonly secret?: string;
  readonly values?: readonly { readonly name: string; readonly value: string }[];
}

/** What becomes of a chart when helm prints its arguments, and fails if there is something to say. */
async function rendered({ template, values = [], secret = 'a: 1' }: Chart, says = ''): Promise<string | GitkubeError> {
  const home = await mkdtemp(join(base, 'home-'));
  const folder = join(home, 'chart');
  await mkdir(join(folder, 'templates'), { recursive: true });
  await writeFile(join(folder, 'templates/a.yaml'), template);
  const program = join(home, 'helm');
  await writeFile(join(home, 'says'), `${says}\n`);
  const fails = says === '' ? '' : 'while read -r line; do echo "$line" >&2; done < says; exit 1';
  await writeFile(program, `#!/bin/sh\necho "$@"\n${fails}\n`, { mode: 0o755 });
  const work: Partial<HelmWork> = {
    kube: {
      getSecret: async () => ({ data: { 'values.yaml': Buffer.from(secret).toString('base64') } }) as never,
      readPath: async () => expect.fail('nothing is looked up'),
      serverVersions: async () => ({ kubernetes: '1.36.0', apiVersions: [] }),
    },
    program,
    remote: { namespace: 'shop', name: 'app' } as Remote,
    helm: { release: 'app', values, valuesFrom: [{ secretName: 'settings', key: 'values.yaml', optional: false }] },
    path: 'k8s',
    home,
    skipSchemas: false,
    as: 'system:serviceaccount:shop:gitkube-deployer',
    release: { isUpgrade: false, revision: 1 },
    signal: new AbortController().signal,
  };
  const files = [Buffer.from('templates/a.yaml').toString('latin1')] as never;
  const exported = { folder, top: folder, topPath: 'k8s', files };
  return renderChart(exported, work as HelmWork).catch(asGitkubeError);
}

const lookup = '{{ (lookup "v1" "Secret" "shop" "keys").data }}';
const plainTemplate = { template: 'a: {{ tpl .Values.a . }}' };

describe('helm', () => {
  it('asks the cluster for a chart that looks something up, or whose values in the Remote may', async () => {
    expect(await rendered(plainTemplate)).not.toContain('--dry-run=server');
    expect(await rendered({ template: `a: ${lookup}` })).toContain('--dry-run=server');
    expect(await rendered({ ...plainTemplate, secret: `a: '${lookup}'` })).toContain('--dry-run=server');
    const value = lookup.replaceAll(/[{}]/g, '\\$&');
    expect(await rendered({ ...plainTemplate, values: [{ name: 'a', value }] })).toContain('--dry-run=server');
  });

  it('that fails is reported with the command that the server ran', async () => {
    const words = 'Error: template: app/templates/a.yaml:1:3: nil pointer evaluating interface {}.data';
    expect(await rendered(plainTemplate, words)).toMatchObject({
      hint: ['to reproduce it, type: helm template --values <file> app k8s'],
    });
    expect(await rendered({ template: lookup }, words)).toMatchObject({
      hint: [
        'to reproduce it, type: helm template --dry-run=server --kube-as-user=system:serviceaccount:shop:gitkube-deployer -n shop --values <file> app k8s',
      ],
    });
    const values = [{ name: 'db.hosts[0]', value: 'private' }];
    expect(await rendered({ ...plainTemplate, secret: 'a: 1', values }, words)).toMatchObject({
      hint: ["to reproduce it, type: helm template --values <file> --set 'db.hosts[0]'=<value> app k8s"],
    });
  });

  it('has its error in the line with file and line number', async () => {
    const words =
      'Error: app/templates/a.yaml:4:54\n  executing "a" at <"none">:\n    nil pointer evaluating interface {}.a';
    expect(await rendered(plainTemplate, words)).toMatchObject({
      message: 'helm cannot render k8s: k8s/templates/a.yaml:4:54: nil pointer evaluating interface {}.a',
      evidence: ['executing "a" at <"none">:'],
    });
  });

  it('names the value that is not set, and the template as the repository does', async () => {
    const words =
      'Error: app/charts/db/templates/a.yaml:4:54\n  executing "app/templates/a.yaml" at <.Values.db.host>:\n    nil pointer evaluating interface {}.host';
    expect(await rendered(plainTemplate, words)).toMatchObject({
      message:
        'helm cannot render k8s: k8s/charts/db/templates/a.yaml:4:54: .Values.db.host is not set (nil pointer evaluating interface {}.host)',
      evidence: [],
      hint: [
        'set db.host in k8s/values.yaml, or in spec.manifests.helm.values: kubectl edit remote',
        'to reproduce it, type: helm template --values <file> app k8s',
      ],
    });
  });

  it('whose lookup is refused is reported with the rights that the account needs', async () => {
    const words =
      'Error: template: app/templates/a.yaml:1:3: executing "a" at <lookup "v1" "Secret" "shop" "keys">: error calling lookup: secrets "keys" is forbidden: User "system:serviceaccount:shop:gitkube-deployer" cannot get resource "secrets" in API group "" in the namespace "shop"';
    expect(await rendered({ template: lookup }, words)).toMatchObject({
      hint: [
        'grant ServiceAccount gitkube-deployer what the lookup of the chart reads:',
        'kubectl -n shop create role gitkube-deployer-secrets --verb=get,list --resource=secrets',
        'kubectl -n shop create rolebinding gitkube-deployer-secrets --role=gitkube-deployer-secrets --serviceaccount=shop:gitkube-deployer',
      ],
    });
    const ofCluster = words.replace('in the namespace "shop"', 'at the cluster scope');
    const { hint } = (await rendered({ template: lookup }, ofCluster)) as GitkubeError;
    expect(hint[1]).toBe('kubectl create clusterrole shop-gitkube-deployer-secrets --verb=get,list --resource=secrets');
  });
});
