import { plain } from '../../base/text.ts';
import type { PodLogLine } from '../../kube/index.ts';
import type { Run } from './runs.ts';

/** As `kubectl logs --prefix` has it, without anything that a terminal obeys. */
export function lineOf({ pod, container }: Pick<Run, 'pod' | 'container'>, { text }: PodLogLine): string {
  return `[${pod}/${container}] ${plain(text, Number.POSITIVE_INFINITY)}`;
}

/** What is no line of a container. */
export function noteOf(text: string): string {
  return `--- ${plain(text)}`;
}
