import type { BuiltImage } from '../../../builder/index.ts';
import type { Step } from '../step.ts';
import type { CheckedFacts } from './check.ts';

export interface ImageFacts {
  /** In the registry, by digest. */
  readonly images: readonly BuiltImage[];
  /** Of tests alone: no workload and no release has them. */
  readonly testImages: readonly BuiltImage[];
}

/** Brings every image into the registry; for those of a release there is nothing to do. */
export const build: Step<CheckedFacts, ImageFacts> = {
  name: 'build',
  run: async ({ checked }) => {
    const all = await checked.makeImages();
    const isOfTest = ({ target }: BuiltImage) => target.task !== undefined;
    return { images: all.filter((one) => !isOfTest(one)), testImages: all.filter(isOfTest) };
  },
};
