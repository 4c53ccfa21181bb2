import { createHash, randomInt } from 'node:crypto';

const alphabet = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const form = /^(gk_([0-9A-Za-z]{8})_[0-9A-Za-z]{32})([0-9A-Za-z])$/;

/** What a client of HTTPS has in place of a key. */
export interface Token {
  /** Names it where it is listed, and is no secret. */
  readonly id: string;
  /** Hex SHA-256 of all of it: what is kept. Its secret has 190 bits, so that nothing slower is needed. */
  readonly hash: string;
}

/** @returns all of it, `gk_<id>_<secret><check>`, which nobody can read again */
export function makeToken(): Token & { readonly text: string } {
  const id = randomText(8);
  const text = withCheck(`gk_${id}_${randomText(32)}`);
  return { id, hash: hashOf(text), text };
}

/** The last character is a check: what was mistyped or cut off is found without asking anybody. @returns undefined: it is none */
export function readToken(text: string): Token | undefined {
  const [, body, id] = form.exec(text) ?? [];
  return body !== undefined && id !== undefined && withCheck(body) === text ? { id, hash: hashOf(text) } : undefined;
}

function withCheck(body: string): string {
  return `${body}${alphabet.charAt((createHash('sha256').update(body).digest()[0] ?? 0) % alphabet.length)}`;
}

function hashOf(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

function randomText(length: number): string {
  return Array.from({ length }, () => alphabet.charAt(randomInt(alphabet.length))).join('');
}
