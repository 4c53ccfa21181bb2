import { isFields } from '../../applier/index.ts';
import { mask } from './mask.ts';
import { secretField, secretFile, secretVariable } from './secret-names.ts';
import type { Change } from './trees.ts';

const mark = '(value hidden)';

/**
 * Whether the values of a change are never shown: data of a Secret, variables that are called like a secret, also in `data` of a
 * ConfigMap, texts of fields that are, and what follows such an option in a list of words.
 */
export function isHidden({ path, from, to }: Change, isSecret: boolean): boolean {
  const [first] = path;
  const isData = first !== undefined && 'field' in first && ['data', 'stringData'].includes(first.field);
  if (isSecret && isData) return true;
  const [item, last] = path.slice(-2);
  if (!last) return false;
  if (!('field' in last)) return isSecretOption(last.previous);
  const isText = typeof from === 'string' || typeof to === 'string';
  if (isText && secretField.test(last.field)) return true;
  if (isData && path.length === 2) return isSecretKey(last.field);
  if (!item || 'field' in item || last.field !== 'value') return false;
  return isSecretVariable(item.item) || isSecretVariable(item.before);
}

/** Whether one of these texts is anywhere in a value. */
export function mentions(value: unknown, secrets: readonly string[]): boolean {
  if (typeof value !== 'object' || value === null) return secrets.some((secret) => String(value).includes(secret));
  return Object.entries(value).some((pair) => pair.some((one) => mentions(one, secrets)));
}

/** A value that may be shown; what is hidden below it is left out. */
export function shown(value: unknown): unknown {
  if (typeof value === 'string') return mask(value);
  if (Array.isArray(value)) return value.map((one, index) => (isSecretOption(value[index - 1]) ? mark : shown(one)));
  if (!isFields(value)) return value;
  const isVariable = isSecretVariable(value);
  const isHiddenField = (field: string, below: unknown) =>
    (isVariable && field === 'value') ||
    (typeof below === 'string' && [secretField, secretFile].some((names) => names.test(field)));
  return Object.fromEntries(
    Object.entries(value).map(([field, below]) => [field, isHiddenField(field, below) ? mark : shown(below)]),
  );
}

function isSecretVariable(item: unknown): boolean {
  return isFields(item) && typeof item.name === 'string' && secretVariable.test(item.name) && 'value' in item;
}

/** Of a ConfigMap: the name of a variable, or of a file. */
function isSecretKey(name: string): boolean {
  return secretFile.test(name) || (/^[A-Za-z_]\w*$/.test(name) && secretVariable.test(name));
}

/** `--password`, of which the value is the next word. */
function isSecretOption(word: unknown): boolean {
  return typeof word === 'string' && /^--?[\w.-]+$/.test(word) && secretVariable.test(word);
}
