import { expect, it } from 'vitest';
import { pushFailure } from './push-failure.ts';

const host = 'r.example';
const of = (text: string, withCredentials = false) => pushFailure(text, { host, withCredentials });

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
  ['received unexpected HTTP status: 507 Insufficient Storage', 'RegistryRefused', /make room/],
  ['write /var/lib/docker/tmp/x: no space left on device', 'RegistryRefused', /registry or of the Docker Engine/],
  ['denied: adding 3 MiB of storage resource, which exceeds the quota', 'RegistryRefused', /make room/],
  ['error parsing HTTP 413 response body: invalid character', 'RegistryRefused', /client_max_body_size/],
  [
    'tag invalid: The image tag already exists and cannot be overwritten: immutable',
    'RegistryRefused',
    /its name or tag/,
  ],
  ['name invalid: Invalid repository name', 'RegistryRefused', /its name or tag/],
  ['error parsing HTTP 404 response body: invalid character: "404 page not found"', 'RegistryRefused', /registry\.url/],
  ['received unexpected HTTP status: 405 Method Not Allowed', 'RegistryRefused', /registry\.url/],
  ['toomanyrequests: You have reached your push rate limit', 'RegistryUnavailable', /push again later/],
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
])('no other try helps against %j', (text, reason, hint) => {
  const { error, mayPass } = of(text);
  expect(error).toMatchObject({ reason, hint: [expect.stringMatching(hint)], message: expect.stringContaining(text) });
  expect(mayPass).toBe(false);
});

it.each([
  ['received unexpected HTTP status: 502 Bad Gateway', true],
  ['received unexpected HTTP status: 500 Internal Server Error', true],
  ['unexpected status from HEAD request to https://r/v2/x: 503 Service Unavailable', true],
  ['dial tcp 192.0.2.1:443: connect: connection refused', false],
  ['EOF', false],
])('another try may help against %j, which is an answer: %s', (text, answers) => {
  expect(of(text)).toMatchObject({ mayPass: true, answers, error: { reason: 'RegistryUnavailable' } });
});

it('speaks of the Secret that is there', () => {
  expect(of('denied', true).error.hint).toEqual(['check that the account in the Secret may push to this repository']);
});
