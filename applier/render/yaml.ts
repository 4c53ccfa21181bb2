import {
  boolYaml11Tag,
  CORE_SCHEMA,
  defineScalarTag,
  intCoreTag,
  loadAll,
  mergeTag,
  type NOT_RESOLVED,
  YAMLException,
} from 'js-yaml';
import { GitkubeError } from '../../base/errors.ts';
import { plain } from '../../base/text.ts';

/** As in kubectl: a leading zero is octal (`defaultMode: 0644` is the mode that everybody means), `_` parts digits. */
const intLikeGo = defineScalarTag('tag:yaml.org,2002:int', {
  ...intCoreTag,
  resolve: (source: string, ...rest: [boolean, string]) => {
    const digits = /^[-+]?\d/.test(source) ? source.replaceAll('_', '') : source;
    if (/^[-+]?0[0-7]+$/.test(digits)) return Number.parseInt(digits.replace(/^([-+]?)0+/, '$10'), 8);
    if (/^[-+]?0b[01]+$/.test(digits)) return Number.parseInt(digits.replace('0b', ''), 2);
    return intCoreTag.resolve(digits, ...rest) as number | typeof NOT_RESOLVED;
  },
});

/**
 * What kubectl's parser (sigs.k8s.io/yaml, go-yaml v2) makes of scalars: YAML 1.2's, but octal numbers, `yes` and `on` as
 * YAML 1.1 has them, and merge keys. Dates stay text.
 */
const schema = CORE_SCHEMA.withTags(intLikeGo, boolYaml11Tag, mergeTag);

/** Of values that aliases stand for; a few lines of YAML can stand for billions. */
const maxValues = 500_000;

/**
 * The documents of a YAML or JSON text as JSON values, each a tree of its own.
 * @param origin the file, for the message
 * @throws ManifestsInvalid
 */
export function parseDocuments(text: string, origin: string): unknown[] {
  try {
    const budget = { left: maxValues };
    return loadAll(text, { schema, maxDepth: 100, maxAliases: 1000 }).map((document) => asTree(document, budget, 0));
  } catch (cause) {
    if (cause instanceof GitkubeError) throw cause;
    const why = cause instanceof YAMLException ? cause.reason : 'it is too deep or too large';
    throw new GitkubeError(
      'ManifestsInvalid',
      `${placed(cause, origin)} cannot be read as YAML: ${plain(firstLine(why), 300)}`,
      {
        ...placeOf(cause, text, origin),
        cause,
      },
    );
  }
}

/** `k8s/app.yaml:5:2`, as compilers write it. */
function placed(cause: unknown, origin: string): string {
  const mark = cause instanceof YAMLException ? cause.mark : undefined;
  return mark ? `${origin}:${mark.line + 1}:${mark.column + 1}` : origin;
}

/** The line that the parser stumbled over with the one before it, which shows its indentation, and what to do. */
function placeOf(cause: unknown, text: string, origin: string): { evidence?: string[]; hint: string } {
  const mark = cause instanceof YAMLException ? cause.mark : undefined;
  if (!mark) return { hint: `correct ${origin}, commit, and push again` };
  const first = Math.max(0, mark.line - 1);
  const lines = text.split('\n').slice(first, mark.line + 1);
  return {
    evidence: lines.map((line, index) => `${origin}:${first + index + 1}: ${plain(line, 200)}`),
    hint: `correct ${origin} at line ${mark.line + 1}, commit, and push again`,
  };
}

function firstLine(text: string): string {
  return text.split('\n')[0] ?? '';
}

function asTree(value: unknown, budget: { left: number }, depth: number): unknown {
  budget.left -= 1;
  if (budget.left < 0 || depth > 200) throw new RangeError('too large');
  if (Array.isArray(value)) return value.map((one) => asTree(one, budget, depth + 1));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, asTree(one, budget, depth + 1)]));
}
