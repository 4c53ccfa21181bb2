/**
 * Writes the files that are made from code: the CRD, the parts of the chart that repeat it, the settings and the version,
 * and the reference pages of docs/.
 * With --check it writes nothing and fails when a committed one differs.
 */
import { readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { crdYaml } from '../remote-crd/crd.ts';
import { chartYaml, crdTemplate, valuesSchema } from './chart-files.ts';
import { chartReadme } from './chart-readme.ts';
import { cliDoc } from './cli-doc.ts';
import { errorsDoc } from './errors-doc.ts';
import { gitScriptsDoc } from './git-scripts-doc.ts';
import { metricsDoc } from './metrics-doc.ts';
import { remoteDoc } from './remote-doc.ts';
import { settingsDoc } from './settings-doc.ts';

const generated: Readonly<Record<string, () => string | Promise<string>>> = {
  'manifests/crd.yaml': crdYaml,
  'manifests/chart/templates/crd.yaml': crdTemplate,
  'manifests/chart/values.schema.json': valuesSchema,
  'manifests/chart/Chart.yaml': chartYaml,
  'manifests/chart/README.md': chartReadme,
  'docs/errors.md': errorsDoc,
  'docs/cli.md': cliDoc,
  'docs/git-scripts.md': gitScriptsDoc,
  'docs/metrics.md': metricsDoc,
  'docs/remote.md': remoteDoc,
  'docs/settings.md': settingsDoc,
};

async function main(check: boolean): Promise<void> {
  for (const [path, make] of Object.entries(generated)) {
    const file = fileURLToPath(new URL(`../${path}`, import.meta.url));
    const text = await make();
    if ((await readFile(file, 'utf8').catch(() => '')) === text) continue;
    if (check) {
      process.exitCode = 1;
      console.error(`${path} is not what its source makes: run node scripts/generate.ts`);
    } else {
      await writeFile(file, text);
      console.log(`wrote ${path}`);
    }
  }
}

await main(process.argv.includes('--check'));
