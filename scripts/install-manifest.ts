import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const chart = fileURLToPath(new URL('../manifests/chart', import.meta.url));

const header = (
  digest: string,
) => `# Gitkube for \`kubectl apply --server-side -f\`: the chart manifests/chart with its default values.
# Generated from it by scripts/generate-install.ts: change it there.
# Made of ${digest}.
apiVersion: v1
kind: Namespace
metadata:
  name: gitkube
  labels:
    # The engine that builds is a privileged container. With an engine elsewhere this may be \`restricted\`.
    pod-security.kubernetes.io/enforce: privileged
`;

/** manifests/install.yaml, rendered by the given helm. What only helm itself reads is left out. */
export function installManifest(helm: string): string {
  const values = ['crds.keep=false', 'persistence.keep=false'];
  const args = ['template', 'gitkube', chart, '--namespace=gitkube', '--no-hooks', `--set=${values.join(',')}`];
  const { status, stdout, stderr } = spawnSync(helm, args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${helm} ${args.join(' ')} failed: ${stderr}`);
  const helmOnly = /^(?:# Source: .*| *helm\.sh\/chart: .*| *app\.kubernetes\.io\/managed-by: Helm)\n/gm;
  return header(chartDigest()) + stdout.replace(helmOnly, '').replace(/\n{2,}---/g, '\n---');
}

/** A digest of the chart's files, which shows without helm whether a rendered manifest is of this chart. */
export function chartDigest(): string {
  const files = readdirSync(chart, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const paths = files.map(({ parentPath, name }) => join(parentPath, name)).sort();
  const hash = createHash('sha256');
  for (const path of paths)
    hash
      .update(`${path.slice(chart.length)}\0`)
      .update(readFileSync(path))
      .update('\0');
  return `sha256:${hash.digest('hex')}`;
}
