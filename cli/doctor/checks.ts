import { address } from './address.ts';
import { clock } from './clock.ts';
import { crd } from './crd.ts';
import { data } from './data.ts';
import { engine } from './engine.ts';
import type { Check } from './finding.ts';
import { git, ssh } from './git.ts';
import { https } from './https.ts';
import { leases } from './leases.ts';
import { defaultRegistry, registriesOfRemotes } from './registry.ts';
import { rights } from './rights.ts';

/** Behind the look at the cluster itself. */
export const allChecks: readonly Check[] = [
  crd,
  rights,
  leases,
  engine,
  defaultRegistry,
  registriesOfRemotes,
  address,
  https,
  data,
  clock,
  git,
  ssh,
];
