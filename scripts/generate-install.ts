/**
 * Writes manifests/install.yaml with the pinned helm, which is downloaded where it is missing. A unit test fails when the chart has
 * changed since, test/e2e/chart.test.ts when anything differs.
 */
import { writeFile } from 'node:fs/promises';
import { stderrProgress } from '../test/cluster/progress.ts';
import { defaultCacheDir } from '../test/cluster/state.ts';
import { ensureTools } from '../test/cluster/tools.ts';
import { installManifest } from './install-manifest.ts';

const { helm } = await ensureTools(defaultCacheDir(process.env), stderrProgress);
await writeFile(new URL('../manifests/install.yaml', import.meta.url), installManifest(helm));
