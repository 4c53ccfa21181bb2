import { busyboxImage } from './busybox-image.ts';

/** Passes the probe of a DeployerLab's workload, and stays. */
export const listen = 'exec httpd -f -p 8080';

export const serve = (version: number) => `echo version ${version}; ${listen}`;

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
