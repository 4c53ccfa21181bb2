import { z } from 'zod';
import { AddressList } from '../base/address-list.ts';
import { registryProblem } from '../builder/images/names.ts';

/** What values of settings look like, with the words for those that do not. */

export const address = z
  .string()
  .regex(/^(\[[0-9a-fA-F:]+\]|[^\s:/]+):\d{1,5}$/, { error: 'expected host:port', abort: true })
  .refine((text) => Number(text.slice(text.lastIndexOf(':') + 1)) <= 65_535, 'a port is at most 65535');
export const reachable = address.refine((text) => !text.endsWith(':0'), 'port 0 cannot be reached');
export const positive = wholeNumber(1);
export const bytes = wholeNumber(1, 'bytes');
// Less is a number in another unit: no push fits in it.
export const roomyBytes = wholeNumber(1_000_000, 'bytes');
// Timers count milliseconds in 31 bits, and one that is longer is over at once.
const maxSeconds = Math.floor((2 ** 31 - 1) / 1000);
const tooManySeconds = `expected at most ${maxSeconds} seconds (24 days)`;
export const seconds = wholeNumber(1).refine((number) => number <= maxSeconds, tooManySeconds);
export const secondsOrNever = wholeNumber(0).refine((number) => number <= maxSeconds, tooManySeconds);
const maxDays = 36_500;
export const days = wholeNumber(0).refine(
  (number) => number <= maxDays,
  `expected at most ${maxDays} days (100 years)`,
);
export const onOrOff = z.enum(['on', 'off'], 'expected on or off');
export const registry = z.string().superRefine((url, context) => {
  const problem = registryProblem(url);
  if (problem !== undefined) context.addIssue(problem);
});
export const registryHost = z
  .string()
  .refine((text) => /^[^\s/]+$/.test(text), { error: ({ input }) => `"${input}" is not host[:port]` });
export const issuer = z.string().refine((text) => /^https:\/\/[^\s/?#]+(\/[^\s?#]*)?$/.test(text), {
  error: ({ input }) => `"${input}" is no https:// URL`,
});
export const proxyList = z.string().superRefine((text, context) => {
  const problem = AddressList.read(text);
  if (typeof problem === 'string') context.addIssue(problem);
});
// A path would need a proxy that takes it away again, and git asks for credentials by the host.
export const httpsUrl = z
  .string()
  .regex(/^https:\/\/(\[[0-9a-fA-F:]+\]|[^\s:/@?#[\]]+)(:\d{1,5})?\/?$/, {
    error: 'expected https://host or https://host:port',
    abort: true,
  })
  .refine((text) => URL.canParse(text), 'a port is at most 65535')
  .transform((text) => new URL(text).origin);
export const list = z.string().transform((text) =>
  text
    .split(',')
    .map((entry) => entry.trim())
    .filter(Boolean),
);
/** Of a setting with a default, which an empty value would be. */
export const listOrNone = list.transform((entries) => (entries.join() === 'none' ? [] : entries));
// RFC 1123, as Kubernetes names namespaces.
export const namespace = z
  .string()
  .regex(/^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/, { error: ({ input }) => `"${input}" is not a namespace name` });

export const object = z
  .string()
  .regex(/^[a-z0-9][-a-z0-9]*\/[a-z0-9][-.a-z0-9]*$/, 'expected <namespace>/<name>')
  .transform((text) => {
    const [namespace = '', name = ''] = text.split('/');
    return { namespace, name };
  });

/** Also 2.147483648e+09, as tools that read YAML write a large number. @param unit of the least, for the error */
export function wholeNumber(least: number, unit = '') {
  const error = `expected a whole number${unit && ` of ${unit}`}, ${least} or more`;
  return z
    .string(error)
    .regex(/^\s*\d+(\.\d+)?(e\+?\d+)?\s*$/i, { error, abort: true })
    .transform(Number)
    .refine((number) => Number.isSafeInteger(number) && number >= least, { error, abort: true });
}
