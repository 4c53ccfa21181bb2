/**
 * Writes the files that are made from code: the CRD, the parts of the chart that repeat it, the settings and the version,
 * docs/errors.md and docs/cli.md.
 * With --check it writes nothing and fails when a committed one differs.
 */
import { readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { crdYaml } from '../remote-crd/crd.ts';
import { chartYaml, crdTemplate, valuesSchema } from './chart-files.ts';
import { chartReadme } from './chart-readme.ts';
import { cliDoc } from './cli-doc.ts';
import { errorsDoc } from './errors-doc.ts';

const generated: Readonly<Record<string, () => string>> = {
  'manifests/crd.yaml': crdYaml,
  'manifests/chart/templates/crd.yaml': crdTemplate,
  'manifests/chart/values.schema.json': valuesSchema,
  'manifests/chart/Chart.yaml': chartYaml,
  'manifests/chart/README.md': chartReadme,
  'docs/errors.md': errorsDoc,
  'docs/cli.md': cliDoc,
};

async function main(check: boolean): Promise<void> {
  for (const [path, make] of Object.entries(generated)) {
    const file = fileURLToPath(new URL(`../${path}`, import.meta.url));
    const text = make();
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
