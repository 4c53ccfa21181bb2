import { describe, expect, it } from 'vitest';
import { sourceFiles, sourceKey } from './sources.ts';

describe('the key of the server image', () => {
  it('depends on what is built into the image, and not on tests', async () => {
    const files = await sourceFiles();
    expect(files).toEqual(expect.arrayContaining(['cli/gitkube.ts', 'hooks/pre-receive', 'package-lock.json']));
    expect(files.filter((file) => /\.test\.ts$|\/testing\/|^test\/e2e/.test(file))).toEqual([]);
  });

  it('is the same for the same sources', async () => {
    expect(await sourceKey()).toBe(await sourceKey());
  });
});
