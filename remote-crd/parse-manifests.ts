import { normalize } from './paths.ts';
import type { HelmSpec, ManifestsSpec } from './remote.ts';
import type { RemoteSpec } from './schema.ts';
import { helmValues } from './schema-target.ts';

/**
 * Not the name of the server's own account: a Remote in the namespace of Gitkube must not get its rights by default.
 */
const defaultServiceAccount = 'gitkube-deployer';

export interface ReadManifests {
  /** Undefined: nothing is applied. */
  readonly spec: ManifestsSpec | undefined;
  readonly problems: readonly string[];
  readonly warnings: readonly string[];
}

type Spec = NonNullable<RemoteSpec['manifests']>;

/**
 * Empty leftovers such as `{helm: {}, path: ""}`, which the original's CLI wrote, mean none.
 * @param releaseName of Helm, where the spec names none
 */
export function readManifests(spec: RemoteSpec['manifests'], releaseName: string): ReadManifests {
  if (!spec?.path) {
    const warnings = spec?.helm?.release ? ['spec.manifests.helm has no effect without spec.manifests.path'] : [];
    return { spec: undefined, problems: [], warnings };
  }
  const values = readValues(spec.helm?.values);
  const manifests: ManifestsSpec = {
    path: normalize(unquoted(spec.path)),
    serviceAccountName: spec.serviceAccountName || defaultServiceAccount,
    prune: spec.prune ?? true,
    helm: { release: spec.helm?.release || releaseName, values: values ?? [], valuesFrom: readValuesFrom(spec) },
  };
  const problems = values ? [] : ['spec.manifests.helm.values must be a list of name and value'];
  return { spec: manifests, problems, warnings: [] };
}

/** The original's own guide printed curly quotes around the path, and they were copied. */
function unquoted(path: string): string {
  return path.replace(/^[“”]|[“”]$/g, '');
}

/** A list; or one name and value without the dash, as the original's guide had it. */
function readValues(values: unknown): HelmSpec['values'] | undefined {
  if (values === undefined || values === null) return [];
  const list = Array.isArray(values) ? values : Object.keys(values as object).length === 0 ? [] : [values];
  const parsed = helmValues.safeParse(list);
  return parsed.success ? parsed.data.map(({ name, value }) => ({ name, value: value ?? '' })) : undefined;
}

function readValuesFrom(spec: Spec): HelmSpec['valuesFrom'] {
  return (spec.helm?.valuesFrom ?? []).map(({ name, valuesKey, optional }) => ({
    secretName: name,
    key: valuesKey || 'values.yaml',
    optional: optional ?? false,
  }));
}
