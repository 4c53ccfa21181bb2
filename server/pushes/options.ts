import { GitkubeError } from '../../base/errors.ts';
import { plain } from '../../base/text.ts';

const known = {
  'no-cache': 'build every image anew, without any cache',
  'skip-deploy': 'build and push the images, change no workload and leave the branch where it is',
  'dry-run': 'check everything, say what would be built and changed, and refuse the push with that text',
} as const;

export type PushOptions = { readonly [name in keyof typeof known]: boolean };

/**
 * `git push -o <option>`. They are a stranger's words: known ones by name, everything else is refused.
 * @throws PushOptionUnknown with the list of the known ones
 */
export function parsePushOptions(given: readonly string[]): PushOptions {
  const unknown = given.find((option) => !Object.hasOwn(known, option));
  if (unknown !== undefined) {
    throw new GitkubeError('PushOptionUnknown', `unknown push option: ${plain(unknown, 60)}`, {
      hint: Object.entries(known).map(([name, about]) => `-o ${name}: ${about}`),
    });
  }
  const has = (name: keyof typeof known) => given.includes(name);
  return { 'no-cache': has('no-cache'), 'skip-deploy': has('skip-deploy'), 'dry-run': has('dry-run') };
}
