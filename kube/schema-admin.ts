import { type AdminRequest, refusedAnswer } from './admin-request.ts';
import { parseBody } from './errors.ts';

/** The part of an OpenAPI schema that says which fields there are. */
export interface FieldSchema {
  readonly properties?: Readonly<Record<string, FieldSchema>>;
  readonly items?: FieldSchema;
  readonly 'x-kubernetes-preserve-unknown-fields'?: boolean;
}

export interface SchemaAdmin {
  /** The schema of a kind as the API server publishes it to everybody; undefined: it knows no such kind. */
  publishedSchema(groupVersion: string, kind: string): Promise<FieldSchema | undefined>;
}

type Published = FieldSchema & { readonly 'x-kubernetes-group-version-kind'?: readonly { readonly kind: string }[] };

export function schemaAdmin(request: AdminRequest): SchemaAdmin {
  return {
    publishedSchema: async (groupVersion, kind) => {
      const answer = await request({ method: 'GET', path: `/openapi/v3/apis/${groupVersion}` });
      if (answer.status === 404) return undefined;
      if (answer.status >= 300) throw refusedAnswer(answer, { verb: 'get', resource: 'openapi/v3' });
      const { components } = parseBody<{ components?: { schemas?: Record<string, Published> } }>(answer.body);
      return Object.values(components?.schemas ?? {}).find((schema) =>
        schema['x-kubernetes-group-version-kind']?.some((one) => one.kind === kind),
      );
    },
  };
}
