import { CORE_SCHEMA, dump } from 'js-yaml';
import { z } from 'zod';
import { remoteSpec } from './schema.ts';
import { remoteStatus } from './status-schema.ts';

type Json = { [key: string]: unknown };

/** The CustomResourceDefinition of the Remote, made from its schema. */
export function customResourceDefinition(): object {
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: 'remotes.gitkube.sh' },
    spec: {
      group: 'gitkube.sh',
      scope: 'Namespaced',
      names: {
        kind: 'Remote',
        listKind: 'RemoteList',
        plural: 'remotes',
        singular: 'remote',
        shortNames: ['rem'],
        categories: ['gitkube'],
      },
      versions: [
        {
          name: 'v1alpha1',
          served: true,
          storage: true,
          subresources: { status: {} },
          additionalPrinterColumns: printerColumns,
          schema: { openAPIV3Schema: remoteSchema() },
        },
      ],
    },
  };
}

/** manifests/crd.yaml. The same schema always gives the same text. */
export function crdYaml(): string {
  const header = '# Generated from remote-crd/schema.ts by scripts/generate.ts: change it there.\n';
  return header + dump(customResourceDefinition(), { schema: CORE_SCHEMA, lineWidth: 120, noRefs: true });
}

const printerColumns = [
  { name: 'Ready', type: 'string', jsonPath: '.status.conditions[?(@.type=="Ready")].status' },
  { name: 'Branch', type: 'string', jsonPath: '.status.branch' },
  { name: 'Release', type: 'integer', jsonPath: '.status.release' },
  { name: 'Last Push', type: 'string', jsonPath: '.status.lastPush.reason' },
  { name: 'URL', type: 'string', jsonPath: '.status.remoteUrl' },
  { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' },
  { name: 'HTTPS URL', type: 'string', priority: 1, jsonPath: '.status.httpsUrl' },
  { name: 'Reason', type: 'string', priority: 1, jsonPath: '.status.conditions[?(@.type=="Ready")].reason' },
  { name: 'InSync', type: 'string', priority: 1, jsonPath: '.status.conditions[?(@.type=="InSync")].status' },
];

function remoteSchema(): Json {
  const string = { type: 'string' };
  return {
    description: 'A git remote: a push to it builds images from the repository and rolls them out in its namespace.',
    type: 'object',
    required: ['spec'],
    properties: {
      apiVersion: string,
      kind: string,
      metadata: { type: 'object' },
      spec: structural(z.toJSONSchema(remoteSpec, { target: 'openapi-3.0', io: 'input' }) as Json),
      status: structural(z.toJSONSchema(remoteStatus, { target: 'openapi-3.0', io: 'input' }) as Json),
    },
  };
}

/**
 * JSON schema as a CRD may have it (structural schema): no additionalProperties but those of a map, and none of the
 * bounds that only say what a JavaScript number can hold. The description comes first, for readers.
 */
function structural(schema: Json): Json {
  const { description, type, ...rest } = schema;
  const result: Json = { ...(description ? { description } : {}), ...(type ? { type } : {}) };
  for (const [key, value] of Object.entries(rest)) {
    if (key === '$schema' || key === 'propertyNames') continue;
    if (key === 'additionalProperties') {
      // Of a map: what its values are.
      if (typeof value === 'object') result[key] = structural(value as Json);
      continue;
    }
    if (Math.abs(value as number) === Number.MAX_SAFE_INTEGER) continue;
    if (key === 'properties') {
      result[key] = Object.fromEntries(
        Object.entries(value as Json).map(([name, one]) => [name, structural(one as Json)]),
      );
    } else if (key === 'items') {
      result[key] = structural(value as Json);
    } else {
      result[key] = value;
    }
  }
  return result;
}
