/** The way to a field of an object, as people read it. */

/** To an item of a list: what it is in both trees, and what it is called. */
export interface ItemStep {
  readonly index: number;
  /** As the second tree has it; as the first one has it where the second does not. */
  readonly item: unknown;
  /** As the first tree has it; undefined: it does not. */
  readonly before: unknown;
  /** The item before it, where a list has no names. */
  readonly previous?: unknown;
  readonly label: string;
}

export type PathStep = { readonly field: string } | ItemStep;
export type Path = readonly PathStep[];

/** `spec.template.spec.containers[web].image`, `data[nginx.conf]` */
export function pathText(path: Path): string {
  return path.map(stepText).join('').replace(/^\./, '');
}

function stepText(step: PathStep): string {
  if (!('field' in step)) return `[${step.label}]`;
  return /^[\w-]+$/.test(step.field) ? `.${step.field}` : `[${step.field}]`;
}

/** The last field of a path, behind which there are only items of lists. */
export function lastField(path: Path): string {
  const found = path.findLast((step): step is { readonly field: string } => 'field' in step);
  return found?.field ?? '';
}
