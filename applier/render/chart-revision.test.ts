import { mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { bytesOfText } from '../../base/byte-string.ts';
import { deepestTemplate, setRevision } from './chart-revision.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gitkube-chart-'));
});
afterEach(() => rm(folder, { recursive: true }));

describe('the template that sets the revision of a release', () => {
  it('is in a folder below those of all others, which helm renders after it', async () => {
    const deep = bytesOfText(`charts/sub/templates/${'a/'.repeat(50)}b.yaml`);
    for (const files of [[], [bytesOfText('templates/a.yaml')], [deep]]) {
      await setRevision(folder, files, 7);
      const name = deepestTemplate(files);
      expect(await readFile(join(folder, name), 'utf8')).toBe('{{- $_ := set .Release "Revision" 7 -}}\n');
      for (const other of files) expect(name.split('/').length).toBeGreaterThan(other.split('/').length);
    }
  });

  it('is left out where there can be no templates', async () => {
    await writeFile(join(folder, 'templates'), '');
    await setRevision(folder, [], 7);
    await rm(join(folder, 'templates'));
    await symlink('nowhere', join(folder, 'templates'));
    await setRevision(folder, [], 7);
  });
});
