/** Reads fields of objects whose shape nobody has checked. */
import { plain } from '../../base/text.ts';
import type { AnyObject } from '../../kube/kube.ts';
import { isFields } from './objects.ts';

/** The API group of an object; '' for the core group. */
export function groupOf({ apiVersion }: Pick<AnyObject, 'apiVersion'>): string {
  return apiVersion.includes('/') ? (apiVersion.split('/')[0] ?? '') : '';
}

/** A pod of Kubernetes, not a custom object of that kind: what is read about it is read by its name. */
export function isPod(object: Pick<AnyObject, 'apiVersion' | 'kind'>): boolean {
  return object.kind === 'Pod' && groupOf(object) === '';
}

/** @param path names of fields, with dots between them */
export function fieldAt(object: unknown, path: string): unknown {
  return path.split('.').reduce<unknown>((at, step) => (isFields(at) ? at[step] : undefined), object);
}

export function numberAt(object: unknown, path: string): number | undefined {
  const value = fieldAt(object, path);
  return typeof value === 'number' ? value : undefined;
}

export function textAt(object: unknown, path: string): string | undefined {
  const value = fieldAt(object, path);
  return typeof value === 'string' ? value : undefined;
}

export function listAt(object: unknown, path: string): readonly unknown[] {
  const value = fieldAt(object, path);
  return Array.isArray(value) ? value : [];
}

export interface Condition {
  readonly type: string;
  readonly status: string;
  readonly reason: string;
  /** Its message, or its reason; for people. */
  readonly words: string;
}

export function conditionsOf(object: AnyObject): Condition[] {
  return listAt(object, 'status.conditions').flatMap((one) => {
    const [type, status] = [textAt(one, 'type'), textAt(one, 'status')];
    if (type === undefined || status === undefined) return [];
    const reason = textAt(one, 'reason') ?? '';
    const words = plain(textAt(one, 'message') || reason || `its condition ${type} is ${status}`, 500);
    return [{ type, status, reason, words }];
  });
}
