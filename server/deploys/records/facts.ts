import { z } from 'zod';

/** The first line of a record: what was asked for. Times are RFC 3339 by the wall clock. */
const Begin = z.object({
  kind: z.literal('begin'),
  id: z.string(),
  at: z.string(),
  trigger: z.object({ kind: z.string(), via: z.string() }),
  by: z.object({ name: z.string(), fingerprint: z.string(), address: z.string().optional() }),
  /** `<namespace>/<name>` */
  remote: z.string(),
  /** Of the Remote. */
  uid: z.string(),
  /** Its name; empty: the Remote has one only. */
  environment: z.string(),
  branch: z.string(),
  commit: z.string(),
});
export type Begin = z.infer<typeof Begin>;

/** Somebody who pushed the same while it was under way. */
const Joined = z.object({ kind: z.literal('joined'), at: z.string(), name: z.string(), fingerprint: z.string() });
export type Joined = Omit<z.infer<typeof Joined>, 'kind'>;

const verdict = z.discriminatedUnion('result', [
  z.object({ result: z.literal('released'), release: z.number().int() }),
  z.object({ result: z.literal('built') }),
  z.object({ result: z.literal('checked') }),
  z.object({ result: z.literal('unchanged') }),
  z.object({ result: z.literal('ran') }),
  z.object({ result: z.literal('failed'), reason: z.string(), message: z.string() }),
  /** The server ended first; the message is what the next one found out, if anything. */
  z.object({ result: z.literal('interrupted'), message: z.string().optional() }),
]);
/** What a deploy has come to. */
export type Verdict = z.infer<typeof verdict>;

const Image = z.object({
  /** `deployment/container` */
  name: z.string(),
  /** By digest. */
  image: z.string(),
});

const End = z.object({
  kind: z.literal('end'),
  at: z.string(),
  /** Absent: another server wrote it. */
  ms: z.number().optional(),
  /** How many lines were said. */
  lines: z.number().int().optional(),
  verdict,
  images: z.array(Image),
});
export type End = z.infer<typeof End>;

/** One line of the file `facts`; `ms` counts from the beginning of the deploy on the monotonic clock. */
const Fact = z.discriminatedUnion('kind', [
  Begin,
  z.object({ kind: z.literal('phase'), phase: z.string(), at: z.string(), ms: z.number() }),
  /** That is to run, where it is another one than was pushed. */
  z.object({ kind: z.literal('commit'), commit: z.string() }),
  Joined,
  End,
]);
export type Fact = z.infer<typeof Fact>;

/** What is known of one deploy. */
export interface Facts {
  readonly begin: Begin;
  readonly phases: readonly { readonly phase: string; readonly at: string; readonly ms: number }[];
  readonly commit: string;
  /** In the order in which they came. */
  readonly joined: readonly Joined[];
  /** Undefined: it is under way, or the server ended first. */
  readonly end: End | undefined;
}

/** @returns undefined when the end of the server cut off the first line, or something else wrote it */
export function readFacts(text: string): Facts | undefined {
  const facts = text.split('\n').flatMap((line) => parse(line) ?? []);
  const ofKind = <Kind extends Fact['kind']>(kind: Kind) =>
    facts.filter((fact): fact is Extract<Fact, { kind: Kind }> => fact.kind === kind);
  const [begin] = ofKind('begin');
  if (!begin) return undefined;
  const phases = ofKind('phase').map(({ phase, at, ms }) => ({ phase, at, ms }));
  const joined = ofKind('joined').map(({ kind: _, ...one }) => one);
  return { begin, phases, joined, commit: ofKind('commit').at(-1)?.commit ?? begin.commit, end: ofKind('end').at(-1) };
}

/** A line that a crash or a full disk cut off, or that a newer version wrote, says nothing. */
function parse(line: string): Fact | undefined {
  if (line === '') return undefined;
  try {
    return Fact.safeParse(JSON.parse(line)).data;
  } catch {
    return undefined;
  }
}
