import type { ObjectRef } from './object-calls.ts';
import type { Transport } from './transport.ts';

/** The part of an OpenAPI schema that says which fields there are: of built-in kinds in parts that name each other. */
interface Schema {
  readonly $ref?: string;
  readonly allOf?: readonly Schema[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly items?: Schema;
  readonly additionalProperties?: Schema | boolean;
  readonly 'x-kubernetes-group-version-kind'?: readonly { readonly kind: string }[];
}

type Schemas = Readonly<Record<string, Schema>>;

/** What a refusal names: `.spec.containers[name="www"].imagee: field not declared in schema`. */
export function undeclaredField(message: string): readonly string[] | undefined {
  const [, path] =
    /(?:^|\s)((?:\.[^\s.:[\]]+(?:\[(?:"[^"]*"|[^"\]])*\])*)+): field not declared in schema/.exec(message) ?? [];
  return path
    ?.replace(/\[(?:"[^"]*"|[^"\]])*\]/g, '')
    .split('.')
    .slice(1);
}

/**
 * The fields that may stand where one is that its kind does not have. For a better hint only: without an answer there are none.
 * @param path of the field, without the keys of lists
 */
export async function fieldsBeside(
  transport: Transport,
  { apiVersion, kind }: Pick<ObjectRef, 'apiVersion' | 'kind'>,
  path: readonly string[],
): Promise<string[]> {
  const group = apiVersion.includes('/') ? 'apis' : 'api';
  try {
    const { status, body } = await transport.send({
      method: 'GET',
      url: transport.url(`/openapi/v3/${group}/${apiVersion}`),
      timeoutMs: 10_000,
    });
    if (status >= 300) return [];
    const { components } = JSON.parse(body) as { readonly components?: { readonly schemas?: Schemas } };
    return fieldsAt(components?.schemas ?? {}, kind, path.slice(0, -1));
  } catch {
    return [];
  }
}

function fieldsAt(schemas: Schemas, kind: string, path: readonly string[]): string[] {
  const isOfKind = (one: Schema) => one['x-kubernetes-group-version-kind']?.some((of) => of.kind === kind) ?? false;
  const top = Object.values(schemas).find(isOfKind);
  const at = path.reduce((schema, name) => inside(schemas, schema, name), resolved(schemas, top));
  return Object.keys(elements(schemas, at)?.properties ?? {});
}

function inside(schemas: Schemas, schema: Schema | undefined, name: string): Schema | undefined {
  const { properties = {}, additionalProperties } = elements(schemas, schema) ?? {};
  if (Object.hasOwn(properties, name)) return resolved(schemas, properties[name]);
  return typeof additionalProperties === 'object' ? resolved(schemas, additionalProperties) : undefined;
}

/** A path goes through a list into what is in it. */
function elements(schemas: Schemas, schema: Schema | undefined): Schema | undefined {
  return schema?.items ? resolved(schemas, schema.items) : schema;
}

/** A field with a default has its type in an `allOf` of one. */
function resolved(schemas: Schemas, schema: Schema | undefined): Schema | undefined {
  const named = schema?.$ref ?? schema?.allOf?.[0]?.$ref;
  return named === undefined ? schema : schemas[named.replace('#/components/schemas/', '')];
}
