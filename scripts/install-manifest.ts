import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const chart = fileURLToPath(new URL('../manifests/chart', import.meta.url));

const header = `# Gitkube for \`kubectl apply --server-side -f\`: the chart manifests/chart with its default values.
# Generated from it by scripts/generate-install.ts: change it there.
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
  return header + stdout.replace(helmOnly, '').replace(/\n{2,}---/g, '\n---');
}
