import { expect, it } from 'vitest';
import { pullCause } from './pull-cause.ts';

const image = '10.0.0.1:5000/shop/web@sha256:1234';
const resolve = `failed to pull and unpack image "${image}": failed to resolve reference "${image}": `;

it.each([
  [
    `Back-off pulling image "${image}": ErrImagePull: ${resolve}failed to do request: Head "http://10.0.0.1:5000/v2/shop/web/manifests/sha256:1234": dial tcp 10.0.0.1:5000: connect: connection refused`,
    'dial tcp 10.0.0.1:5000: connect: connection refused',
  ],
  [`rpc error: code = NotFound desc = ${resolve}${image}: not found`, `${image}: not found`],
  [
    `Error response from daemon: Get "https://r.example.com/v2/": net/http: TLS handshake timeout`,
    'net/http: TLS handshake timeout',
  ],
  [`initializing source docker://${image}: reading manifest: unauthorized`, 'reading manifest: unauthorized'],
  [`Back-off pulling image "${image}"`, `Back-off pulling image "${image}"`],
  ['odd', 'odd'],
])('the cause of the failed pull %j is %j', (words, cause) => {
  expect(pullCause(words)).toBe(cause);
});
