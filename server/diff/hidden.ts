import { isFields } from '../../applier/index.ts';
import type { Path } from './path.ts';

/** Names of variables whose values are nobody's business. */
const secretName = /pass|token|secret|key/i;

const mark = '(value hidden)';

/** Whether the values at a path are never shown: data of a Secret, and variables that are called like a secret. */
export function isHidden(path: Path, isSecret: boolean): boolean {
  const [first] = path;
  if (isSecret && first && 'field' in first && ['data', 'stringData'].includes(first.field)) return true;
  const [item, field] = path.slice(-2);
  if (!item || !field || 'field' in item || !('field' in field) || field.field !== 'value') return false;
  return isSecretVariable(item.item) || isSecretVariable(item.before);
}

/** Whether one of these texts is anywhere in a value. */
export function mentions(value: unknown, secrets: readonly string[]): boolean {
  if (typeof value !== 'object' || value === null) return secrets.some((secret) => String(value).includes(secret));
  return Object.entries(value).some((pair) => pair.some((one) => mentions(one, secrets)));
}

/** A value that may be shown; what is hidden below it is left out. */
export function shown(value: unknown): unknown {
  if (typeof value === 'string') return withoutPassword(value);
  if (Array.isArray(value)) return value.map(shown);
  if (!isFields(value)) return value;
  const isVariable = isSecretVariable(value);
  return Object.fromEntries(
    Object.entries(value).map(([field, below]) => [field, isVariable && field === 'value' ? mark : shown(below)]),
  );
}

function isSecretVariable(item: unknown): boolean {
  return isFields(item) && typeof item.name === 'string' && secretName.test(item.name) && 'value' in item;
}

/** `postgres://app:secret@db/app` */
function withoutPassword(text: string): string {
  return text.replace(/(:\/\/[^/\s:@]*:)[^@\s/]+(?=@)/g, '$1***');
}
