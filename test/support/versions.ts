import { busyboxImage } from './busybox-image.ts';

/** Makes the file /ready, which the probe of a DeployerLab's workload asks for, and stays. */
export const serve = (version: number) => `echo version ${version}; touch /ready; exec sleep 3600`;

/** Images of an app in the states that a deploy meets. */
export interface Versions {
  readonly v1: string;
  readonly v2: string;
  readonly crash: string;
  readonly neverReady: string;
}

export async function makeVersions(): Promise<Versions> {
  const [v1, v2, crash, neverReady] = await Promise.all([
    busyboxImage(serve(1)),
    busyboxImage(serve(2)),
    busyboxImage('echo starting; echo cannot reach the database >&2; exit 3'),
    busyboxImage('echo warming up; exec sleep 3600'),
  ]);
  return { v1, v2, crash, neverReady };
}
