import type { FieldSchema } from '../../kube/index.ts';
import { customResourceDefinition } from '../../remote-crd/index.ts';
import type { Check } from './finding.ts';
import { fail, notLookedAt, ok } from './finding.ts';

/** Whether the cluster knows every field of a Remote that this version has: an old CRD drops the others silently. */
export const crd: Check = {
  name: 'crd',
  run: async ({ admin }) => {
    if (!admin) return [notLookedAt()];
    const published = await admin.publishedSchema('gitkube.sh/v1alpha1', 'Remote');
    const fix = 'gitkube install --crd-only';
    if (published === undefined) return [fail('the cluster does not know Remotes', fix)];
    const unknown = unknownFields(ownSchema(), published);
    if (unknown.length === 0) return [ok('Remotes are known with all their fields')];
    const some = unknown.slice(0, 5).join(', ');
    return [fail(`the CRD is older than this version and drops ${some}${unknown.length > 5 ? ', …' : ''}`, fix)];
  },
};

function ownSchema(): FieldSchema {
  const { spec } = customResourceDefinition() as {
    spec: { versions: { schema: { openAPIV3Schema: FieldSchema } }[] };
  };
  const { properties: { spec: remoteSpec = {}, status = {} } = {} } = spec.versions[0]?.schema.openAPIV3Schema ?? {};
  return { properties: { spec: remoteSpec, status } };
}

/** The outermost fields that `there` lacks. */
export function unknownFields(own: FieldSchema, there: FieldSchema, path = ''): string[] {
  if (there['x-kubernetes-preserve-unknown-fields']) return [];
  const fields = Object.entries(own.properties ?? {}).flatMap(([name, schema]) => {
    const known = there.properties?.[name];
    const place = path === '' ? name : `${path}.${name}`;
    return known === undefined ? [place] : unknownFields(schema, known, place);
  });
  if (own.items === undefined) return fields;
  return [...fields, ...unknownFields(own.items, there.items ?? {}, `${path}[]`)];
}
