/**
 * Writes manifests/install.yaml with the pinned helm, which is downloaded where it is missing. test/e2e/chart.test.ts fails
 * when the committed one differs.
 */
import { writeFile } from 'node:fs/promises';
import { stderrProgress } from '../test/cluster/progress.ts';
import { defaultCacheDir } from '../test/cluster/state.ts';
import { ensureTools } from '../test/cluster/tools.ts';
import { installManifest } from './install-manifest.ts';

const { helm } = await ensureTools(defaultCacheDir(process.env), stderrProgress);
await writeFile(new URL('../manifests/install.yaml', import.meta.url), installManifest(helm));
