/** What the Helm chart holds of the project's code, so that neither is written twice. */
import { readFileSync } from 'node:fs';
import { crdYaml } from '../remote-crd/crd.ts';
import { describeSettings } from '../server/config.ts';

/**
 * The CRD as a template. Helm never upgrades what lies in a chart's crds/ folder, and never says so; a template it does.
 * `keep` holds it back from `helm uninstall`, which would delete every Remote with it.
 */
export function crdTemplate(): string {
  const [comment = '', ...lines] = crdYaml().trimEnd().split('\n');
  const body = lines.map((line) => line.replaceAll(/\{\{|\}\}/g, (braces) => `{{ "${braces}" }}`)).join('\n');
  const metadata = [
    'metadata:',
    '  name: remotes.gitkube.sh',
    '  labels: {{- include "gitkube.labels" . | nindent 4 }}',
    '  {{- if .Values.crds.keep }}',
    '  annotations:',
    '    helm.sh/resource-policy: keep',
    '  {{- end }}',
  ];
  const template = body.replace('metadata:\n  name: remotes.gitkube.sh', metadata.join('\n'));
  return `${comment.replace('# ', '{{- /* ')} */}}\n{{- if .Values.crds.install }}\n${template}\n{{- end }}\n`;
}

/** values.schema.json with the settings of the server, so that a name that it does not know is refused. */
export function valuesSchema(): string {
  const file = new URL('../manifests/chart/values.schema.json', import.meta.url);
  const schema = readFileSync(file, 'utf8');
  const settings = describeSettings().map(({ name, about }) => [
    name,
    { $ref: '#/definitions/setting', description: about },
  ]);
  const value = { type: 'object', additionalProperties: false, properties: Object.fromEntries(settings) };
  const lines = JSON.stringify(value, null, 2).replaceAll('\n', '\n    ');
  return schema.replace(/"settings": \{.*?\},\n(?= {4}"publicAddress")/s, () => `"settings": ${lines},\n`);
}

/** Chart.yaml with the version of the program. */
export function chartYaml(): string {
  const read = (path: string) => readFileSync(new URL(`../${path}`, import.meta.url), 'utf8');
  const { version } = JSON.parse(read('package.json')) as { version: string };
  return read('manifests/chart/Chart.yaml').replace(/^(version|appVersion): .*$/gm, `$1: ${version}`);
}
