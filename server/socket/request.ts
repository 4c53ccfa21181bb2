import { z } from 'zod';

const size = z.object({ columns: z.int().min(0).max(65_535), rows: z.int().min(0).max(65_535) });

const terminal = size.extend({
  /** Keys come as they are typed, Ctrl-C as well, and a line ends with CR LF. */
  isRaw: z.boolean(),
  hasColors: z.boolean(),
  isScreen: z.boolean(),
});

const request = z.object({
  /** As it is typed behind `ssh git@host`; what is too long is refused where it is run. */
  line: z.string(),
  /** The user of Kubernetes, as the API server calls it. */
  user: z.string().min(1).max(1000),
  /** The one that the client writes to, with its size. */
  terminal: terminal.optional(),
});

export type RequestTerminal = z.infer<typeof terminal>;

/** What a client wants. */
export type Request = z.infer<typeof request>;

/** @throws when it is none */
export function readRequest(payload: Buffer): Request {
  return request.parse(JSON.parse(payload.toString()));
}

/** @throws when it is none */
export function readSize(payload: Buffer): z.infer<typeof size> {
  return size.parse(JSON.parse(payload.toString()));
}
