import { expect, it } from 'vitest';
import { GitkubeError } from '../../base/errors.ts';
import { ofImage, pushFailure } from './push-failure.ts';

const host = 'r.example';
const ann = { host, username: 'ann', password: 'x', from: 'shop/regsecret', isAlone: true };
const of = (text: string, credentials?: typeof ann) => pushFailure(text, { host, credentials });

it.each([
  ['denied: requested access to the resource is denied', 'RegistryDenied', /Secret/],
  ['unauthorized: authentication required', 'RegistryDenied', /Secret/],
  ['no basic auth credentials', 'RegistryDenied', /Secret/],
  [
    'failed commit on ref "x": unexpected status from PUT request to https://r/v2/x: 403 Forbidden',
    'RegistryDenied',
    /./,
  ],
  ['name unknown: The repository with name x does not exist', 'RegistryDenied', /create the repository/],
  ['received unexpected HTTP status: 507 Insufficient Storage', 'RegistryRefused', /free space/],
  ['write /var/lib/docker/tmp/x: no space left on device', 'RegistryRefused', /registry or of the Docker Engine/],
  ['denied: adding 3 MiB of storage resource, which exceeds the quota', 'RegistryRefused', /free space/],
  [
    'tag invalid: The image tag already exists and cannot be overwritten: immutable',
    'RegistryRefused',
    /the name and the tag/,
  ],
  ['name invalid: Invalid repository name', 'RegistryRefused', /the name and the tag/],
  ['unsupported: The operation is unsupported.', 'RegistryRefused', /the name and the tag/],
  ['received unexpected HTTP status: 405 Method Not Allowed', 'RegistryRefused', /registry\.url/],
  ['toomanyrequests: You have reached your push rate limit', 'RegistryUnavailable', /try again later/],
  [
    'tls: failed to verify certificate: x509: certificate signed by unknown authority',
    'RegistryUnavailable',
    /certs\.d/,
  ],
  [
    'Get "https://r.example/v2/": http: server gave HTTP response to HTTPS client',
    'RegistryUnavailable',
    /--insecure-registry r\.example/,
  ],
])('%j is not tried again', (text, reason, hint) => {
  const { error, mayPass } = of(text);
  expect(error).toMatchObject({ reason, hint: [expect.stringMatching(hint)], message: expect.stringContaining(text) });
  expect(mayPass).toBe(false);
});

it.each([
  [403, 'RegistryDenied', 'the registry r.example refuses the push: HTTP 403'],
  [413, 'RegistryRefused', 'the registry r.example does not accept a layer of this size: HTTP 413'],
  [404, 'RegistryRefused', 'the server at r.example does not answer like a registry: HTTP 404'],
  [503, 'RegistryUnavailable', 'the push to r.example failed: HTTP 503'],
])('an answer is recognized by its status %i alone', (status, reason, message) => {
  expect(of(`HTTP ${status}`).error).toMatchObject({ reason, message });
});

it.each([
  'remote error: tls: unsupported certificate',
  'tls: server selected unsupported protocol version 301',
  'Put "foo://r.example/v2/": unsupported protocol scheme "foo"',
  'dial tcp 192.0.2.1:443: connect: permission denied',
  'open /var/lib/docker/overlay2/x: permission denied',
  'lstat /var/lib/docker/overlay2/x: file does not exist',
])('%j is not an answer of a registry', (text) => {
  expect(of(text).error.reason).toBe('RegistryUnavailable');
});

it('permission denied from a registry is an answer of it', () => {
  expect(of('denied: permission denied').error.reason).toBe('RegistryDenied');
  expect(of('denied: Permission "upload" denied on resource').error.reason).toBe('RegistryDenied');
  expect(of('the project p does not exist').error.reason).toBe('RegistryDenied');
});

it.each([
  ['received unexpected HTTP status: 502 Bad Gateway', true],
  ['received unexpected HTTP status: 500 Internal Server Error', true],
  ['unexpected status from HEAD request to https://r/v2/x: 503 Service Unavailable', true],
  ['dial tcp 192.0.2.1:443: connect: connection refused', false],
  ['EOF', false],
])('%j is tried again, and is an answer: %s', (text, answers) => {
  expect(of(text)).toMatchObject({ mayPass: true, answers, error: { reason: 'RegistryUnavailable' } });
});

it('a refusal names the Secret that exists, and how to replace it', () => {
  expect(of('denied', ann).error.hint).toEqual([
    `check the password of user ann in Secret shop/regsecret, and that ann may push to ${host}; to replace the whole Secret, type:`,
    `kubectl -n shop create secret docker-registry regsecret --docker-server=${host} --docker-username=ann --docker-password=<password> --dry-run=client -o yaml | kubectl replace -f -`,
  ]);
});

it('a refusal of one of several users in a Secret prints no command that deletes the others', () => {
  expect(of('denied', { ...ann, isAlone: false }).error.hint).toEqual([
    `check the password of user ann in Secret shop/regsecret, and that ann may push to ${host}`,
  ]);
});

it('a refusal names the image, and a fault of the engine stays as it is', () => {
  const full = of('insufficient storage').error;
  expect(ofImage('www/web', full)).toMatchObject({ message: `www/web: ${full.message}`, hint: full.hint });
  const gone = new GitkubeError('EngineUnavailable', 'the Docker Engine does not answer');
  expect(ofImage('www/web', gone)).toBe(gone);
});
