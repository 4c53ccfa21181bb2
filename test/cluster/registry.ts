import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Rig, startPart, untilAnswers } from './parts.ts';
import { request } from './request.ts';

export const registryPort = 5000;

/** Starts a registry without TLS and without passwords on every address of the rig. */
export async function startRegistry(rig: Rig, registry: string): Promise<void> {
  const config = join(rig.stateDir, 'registry.json');
  await writeFile(
    config,
    JSON.stringify({
      version: '0.1',
      log: { level: 'warn', accesslog: { disabled: true } },
      storage: {
        filesystem: { rootdirectory: join(rig.stateDir, 'registry') },
        delete: { enabled: true },
        maintenance: { uploadpurging: { enabled: false } },
      },
      http: { addr: `:${registryPort}` },
    }),
  );
  await startPart(rig, { name: 'registry', command: ['docker-registry', 'serve', config] });
  await untilAnswers(rig, 'registry', () => registryAnswers(registry));
}

export async function registryAnswers(registry: string): Promise<boolean> {
  return (await request(`http://${registry}/v2/`, { timeout: 2000 })).status === 200;
}
