import { describe, expect, it } from 'vitest';
import { GitkubeError } from '../../base/errors.ts';
import type { Registry, RegistryClient } from '../registry/client.ts';
import { findRecorded } from './recorded-images.ts';

const web = 'registry.test/team/web@sha256:1';
const old = 'old.test:5000/web@sha256:2';
const signal = new AbortController().signal;

/** @param answers by host and path; a GitkubeError is thrown */
function registryWith(answers: Record<string, string | GitkubeError | undefined>, opened: unknown[] = []): Registry {
  return {
    open(url, credentials) {
      opened.push([url, credentials?.username]);
      return {
        async manifestDigest(path: string, digest: string) {
          const answer = answers[`${url.split('/')[0]} ${path}@${digest}`];
          if (answer instanceof GitkubeError) throw answer;
          return answer;
        },
      } as unknown as RegistryClient;
    },
  };
}

describe('the images of a release', () => {
  it('are looked up where they were pushed, each with the credentials of that registry', async () => {
    const opened: unknown[] = [];
    const registry = registryWith(
      { 'registry.test team/web@sha256:1': 'sha256:1', 'old.test:5000 web@sha256:2': 'sha256:2' },
      opened,
    );
    const credentials = (url: string) =>
      url.startsWith('old.test') ? { host: 'old.test:5000', username: 'o', password: 'p' } : undefined;
    const found = await findRecorded(registry, [web, old, web], credentials, signal);
    expect(found).toEqual({ gone: [], unknown: [] });
    expect(opened).toEqual([
      ['registry.test/team/web', undefined],
      ['old.test:5000/web', 'o'],
    ]);
  });

  it('that the registry does not have are gone', async () => {
    const found = await findRecorded(registryWith({}), [web], () => undefined, signal);
    expect(found).toEqual({ gone: [web], unknown: [] });
  });

  it('whose registry does not answer are unknown: nodes may have them, or a password for it', async () => {
    const denied = new GitkubeError('RegistryDenied', 'no');
    const registry = registryWith({ 'old.test:5000 web@sha256:2': denied });
    const found = await findRecorded(registry, [old], () => undefined, signal);
    expect(found).toEqual({ gone: [], unknown: [{ reference: old, error: denied }] });
  });
});
