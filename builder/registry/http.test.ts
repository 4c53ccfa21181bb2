import { expect, it } from 'vitest';
import { isInsecure } from './http.ts';

it.each([
  ['127.0.0.1:5000', true],
  ['localhost:5000', true],
  ['[::1]:5000', true],
  ['reg.local:5000', true],
  ['reg.local', false],
  ['127.0.0.1.evil.example', false],
  ['10.0.0.1:5000', false],
  ['docker.io', false],
])('plain HTTP to %s: %s', (host, insecure) => {
  expect(isInsecure(host, ['reg.local:5000'])).toBe(insecure);
});
