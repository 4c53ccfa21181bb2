import type { Surface } from './attack.ts';
import { http } from './http.ts';
import { identity } from './identity.ts';
import { packs } from './packs.ts';
import { refs } from './refs.ts';
import { registry } from './registry.ts';
import { ssh } from './ssh.ts';
import { text } from './text.ts';
import { trees } from './trees.ts';

export const surfaces: readonly Surface[] = [http, ssh, identity, refs, packs, trees, text, registry];
