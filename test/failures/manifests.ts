import { configMap, deployment, job, makeAccount, manifestsOnly, yaml } from '../support/manifests.ts';
import type { Project } from '../support/project.ts';
import { rejected, type Scenario, type ScenarioGroup, type Stage } from './scenario.ts';

const role = {
  apiVersion: 'rbac.authorization.k8s.io/v1',
  kind: 'Role',
  metadata: { name: 'reader' },
  rules: [{ apiGroups: [''], resources: ['pods'], verbs: ['get'] }],
};
const chart = {
  'k8s/Chart.yaml': 'apiVersion: v2\nname: shop\nversion: 1.0.0\n',
  'k8s/templates/cm.yaml':
    'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: app\ndata: {host: "{{ .Values.db.host }}"}\n',
};
const migrate = 'echo applying 0007_users.sql >&2; echo "ERROR: relation users exists" >&2; exit 1';
const old = { apiVersion: 'extensions/v1beta1' };

export const manifests: ScenarioGroup = {
  atOnce: 1,
  scenarios: {
    'no-account': files({ 'k8s/app.yaml': yaml(configMap('app', {})) }, { account: false }),
    'right-missing': files({ 'k8s/app.yaml': yaml(role) }),
    'other-namespace': files({ 'k8s/app.yaml': yaml(configMap('app', {}, { namespace: 'kube-system' })) }),
    'yaml-invalid': files({ 'k8s/app.yaml': 'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: app\n data: {}\n' }),
    'api-version-removed': files({ 'k8s/app.yaml': yaml({ ...deployment(), ...old }) }),
    'number-as-env-value': files({
      'k8s/app.yaml': yaml(deployment()).replace('"image"', '"env": [{"name": "WORKERS", "value": 4}], "image"'),
    }),
    'field-unknown': files({ 'k8s/app.yaml': yaml(deployment()).replace('"readinessProbe"', '"readynessProbe"') }),
    'selector-changed': async (stage) => {
      const project = await shared(stage);
      await project.apply({ ...deployment(), metadata: { name: 'www', namespace: project.namespace } });
      await project.write('k8s/app.yaml', yaml(deployment()).replaceAll('"app": "www"', '"app": "shop"'));
      await project.commit('another label');
      return rejected(project);
    },
    'nil-pointer-in-a-chart': files(chart),
    'job-fails': files({ 'k8s/migrate.yaml': yaml(job('migrate', migrate)) }),
    'many-mistakes': files({
      'k8s/app.yaml': yaml({ ...deployment('web'), ...old }, configMap('app', {}, { namespace: 'prod' })),
      'k8s/cron.yaml': yaml({ apiVersion: 'batch/v1beta1', kind: 'CronJob', metadata: { name: 'nightly' }, spec: {} }),
    }),
  },
};

function files(contents: Readonly<Record<string, string>>, { account = true } = {}): Scenario {
  return async (stage) => {
    const project = await shared(stage, account);
    for (const [path, content] of Object.entries(contents)) await project.write(path, content);
    await project.commit('manifests');
    return rejected(project);
  };
}

/** It has no account until a scenario needs one. */
async function shared(stage: Stage, account = true): Promise<Project> {
  const project = await stage.shared('manifests', () => manifestsOnly(stage.gitkube, { role: undefined }));
  const known = await project.kubectl('get', 'serviceaccounts', '-o', 'name');
  if (account && !known.includes('gitkube-deployer')) await makeAccount(project, 'edit');
  return project;
}
