import type { V1Pod } from '../../kube/kube.ts';
import { podWaitsFor } from '../evaluate/progress.ts';
import { podProblems } from './pod-problems.ts';
import { podIsReady } from './pods.ts';

/** What keeps a pod from being ready, in a line; undefined: nothing does. */
export function podTrouble(pod: V1Pod): string | undefined {
  if (podIsReady(pod)) return undefined;
  return podProblems([pod], new Map())[0]?.message ?? podWaitsFor(pod, []);
}
