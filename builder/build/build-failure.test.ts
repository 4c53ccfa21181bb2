import { describe, expect, it } from 'vitest';
import { buildFailed, type FailedBuild } from './build-failure.ts';

const container = { name: 'web', path: 'web', dockerfile: 'web/Dockerfile', buildArgs: [] };

function failure(
  change: Partial<FailedBuild> & { target?: string; step?: string; error?: string; message?: string; said?: string },
) {
  const { target, step, error = '', message = '', said: printed, ...rest } = change;
  const {
    message: words,
    hint,
    said,
  } = buildFailed({
    image: {
      label: 'www/web',
      target: { deployment: 'www', container: { ...container, ...(target && { target }) } },
      repository: 'registry.example.com:5000/team/app',
    },
    hasCredentials: true,
    dockerfile: 'FROM node:22 AS base\nCOPY vendr /vendor\nRUN npm ci\nRUN <<EOF\necho\nEOF\n',
    buildkit: true,
    failure: { message },
    failed: step === undefined ? undefined : { step, error, said: printed, lines: [] },
    hide: (text) => text,
    ...rest,
  });
  return { words, hint: hint.join('\n'), ...(said !== undefined && { said }) };
}

describe('a build that fails', () => {
  it('names the line of the step, its exit code, and the command that reproduces it', () => {
    const found = failure({ step: '[base 3/4] RUN npm ci', error: 'process "npm ci" did not complete: exit code: 1' });
    expect(found.words).toBe('the build of www/web failed at web/Dockerfile line 3: exit code 1: RUN npm ci');
    expect(found.hint).toContain('docker build --file web/Dockerfile web');
  });

  it('passes on what its step says of an error, where the engine has an exit code alone', () => {
    const step = '[base 3/4] RUN npm ci';
    expect(failure({ step, error: 'exit code: 1', said: 'npm error code 1' }).said).toBe('npm error code 1');
    expect(failure({ step, error: 'secret npmrc: not found', said: 'npm error code 1' }).said).toBeUndefined();
  });

  it('is classified by what the engine says, and hides values of secrets in the words about it', () => {
    const hide = (text: string) => text.replaceAll(/npm|exit code|1/g, '***');
    const { words, hint } = failure({ step: '[base 3/4] RUN npm ci', error: 'exit code: 1', hide });
    expect(words).toBe('the build of www/web failed at web/Dockerfile line 3: *** ***: RUN *** ci');
    expect(hint).toContain('docker build');
    expect(failure({ message: 'npm is missing', hide }).words).toBe('the build of www/web failed: *** is missing');
  });

  it('names the step as the engine does where its line is not known', () => {
    const step = '[base 3/4] RUN other';
    expect(failure({ step, error: 'exit code: 1' }).words).toContain(`failed at ${step}: exit code 1`);
    expect(failure({ step, error: 'exit code: 1', dockerfile: undefined }).words).toContain(`failed at ${step}`);
  });

  it('because COPY finds no file names the context', () => {
    const error = 'failed to calculate checksum of ref x: "/vendr": not found';
    const { words, hint } = failure({ step: '[base 2/4] COPY vendr /vendor', error });
    expect(words).toContain('web/Dockerfile line 2: ');
    expect(hint).toBe(
      'correct the path in COPY, or commit the file in web, which is the build context; check that no .dockerignore excludes it',
    );
  });

  it('because of its base image names that, its line and what the registry says', () => {
    const step = '[internal] load metadata for docker.io/library/node:22';
    const denied = 'pulling from host docker.io failed with status code [manifests 22]: 401 Unauthorized';
    expect(failure({ step, error: denied })).toEqual({
      words:
        'the build of www/web failed at web/Dockerfile line 1: base image docker.io/library/node:22 cannot be pulled: docker.io answers 401 Unauthorized',
      hint: expect.stringMatching(
        /^correct the image name in FROM\nor push the private image to registry\.example\.com:5000, and name it in FROM: a build can have credentials for that registry only$/,
      ),
    });
    expect(failure({ step, error: denied, hasCredentials: false }).hint).toContain(
      'name a Secret with credentials for registry.example.com:5000 in spec.registry.credentials.secretRef, if it asks for any to pull: ',
    );
    expect(failure({ step, error: 'docker.io/library/node:22: not found' }).hint).toContain('name or the tag in FROM');
    const unreachable = 'failed to do request: Head "https://docker.io/v2": dial tcp: lookup docker.io: no such host';
    expect(failure({ step, error: unreachable }).hint).toContain('the Docker Engine reaches docker.io');
  });

  it('because of a base image in the registry of the Remote names what its user has to read, or that there is none', () => {
    const step = '[internal] load metadata for registry.example.com:5000/team/base:1.0';
    const denied = { step, error: 'registry.example.com:5000/team/base:1.0: 403 Forbidden' };
    expect(failure(denied).hint).toBe(
      'correct the image name in FROM\nlet the user in spec.registry.credentials pull team/base',
    );
    expect(failure({ ...denied, hasCredentials: false }).hint).toContain(
      '\nname a Secret with credentials for registry.example.com:5000 in spec.registry.credentials.secretRef: ',
    );
  });

  it('because of a missing stage names those that there are', () => {
    const message = 'target stage "production" could not be found';
    const { words, hint } = failure({ target: 'production', message });
    expect(words).toContain('has no stage named production: it has base');
    expect(hint).toContain('name the stage in the Dockerfile (FROM <image> AS production), or correct');
  });

  it('because of --mount=type=ssh says that a build is passed none', () => {
    const step = '[base 3/4] RUN --mount=type=ssh,id=x cat x';
    expect(failure({ step, error: 'x' }).hint).toMatch(
      /remove --mount=type=ssh .*must not be committed.*\ncommit the files that this step downloads/,
    );
  });

  it.each([
    ['type=secret,id=npmrc,required=true', 'npmrc'],
    ['target=/root/.npmrc,type=secret', '.npmrc'],
  ])('because of a secret that the Remote does not name says how to name it: %s', (mount, id) => {
    const step = `[base 3/4] RUN --mount=${mount} npm ci`;
    expect(failure({ step, error: `secret ${id} not found: not found` }).hint).toContain(
      `add {name: ${id}, secret: <name>, key: ${id}} to 'secrets' of container web: kubectl edit remote`,
    );
    const secrets = [{ name: id, secret: 'npm', key: 'rc' }];
    const target = { deployment: 'www', container: { ...container, secrets } };
    const image = { label: 'www/web', target, repository: 'registry.example.com:5000/team/app' };
    expect(failure({ step, error: 'exit code: 1', image }).hint).toContain('to reproduce it, type: docker build');
  });

  it('to be parsed names the line, and here-documents where the engine has none', () => {
    const message = 'dockerfile parse error line 5: unknown instruction: ECHO';
    expect(failure({ message }).words).toBe(
      'the build of www/web failed at web/Dockerfile line 5: unknown instruction: ECHO',
    );
    expect(failure({ message }).hint).not.toContain('<<EOF');
    expect(failure({ message, buildkit: false }).hint).toContain('no BuildKit, and so no here-documents (<<EOF)');
  });
});
