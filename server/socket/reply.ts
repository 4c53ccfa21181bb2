import { z } from 'zod';

const hello = z.object({ version: z.string() });

/** What the server is. */
export type Hello = Readonly<z.infer<typeof hello>>;

const exitCode = z.int().min(0).max(255);
const taken = z.int().min(0);

/** @throws when it is none */
export function readHello(payload: Buffer): Hello {
  return hello.parse(JSON.parse(payload.toString()));
}

/** @throws when it is none */
export function readExit(payload: Buffer): number {
  return exitCode.parse(JSON.parse(payload.toString()));
}

/** @throws when it is none */
export function readTaken(payload: Buffer): number {
  return taken.parse(JSON.parse(payload.toString()));
}
