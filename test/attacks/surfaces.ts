import type { Surface } from './attack.ts';
import { http } from './http.ts';
import { identity } from './identity.ts';
import { ssh } from './ssh.ts';

export const surfaces: readonly Surface[] = [http, ssh, identity];
