import { describe, expect, it } from 'vitest';
import { lineOfBase, lineOfStep, stagesOf } from './dockerfile-lines.ts';

const dockerfile = `# syntax=docker/dockerfile:1
FROM node:22 AS build
copy package.json  /app/
RUN npm ci \\
    # only what runs
    --omit=dev && \\
    npm run build

RUN <<EOF
echo one
EOF
COPY $WHAT /there
FROM docker.io/library/nginx
RUN same
RUN same
`;

describe('the line of a step', () => {
  it.each([
    ['[build 2/4] COPY package.json /app/', 3],
    ['[build 3/4] RUN npm ci --omit=dev && npm run build', 4],
    ['[build 3/4] RUN npm ci --om…', 4],
    ['[build 4/4] RUN <<EOF (echo one)', 9],
    ['[2/3] COPY it /there', undefined],
    ['[2/3] RUN same', undefined],
    ['', undefined],
  ])('%s is %s', (step, line) => {
    expect(lineOfStep(dockerfile, step)).toBe(line);
  });
});

describe('the line of a base image', () => {
  it.each([
    ['docker.io/library/node:22', 2],
    ['docker.io/library/nginx:latest', 13],
    ['ghcr.io/team/other:1', undefined],
  ])('%s is %s', (image, line) => {
    expect(lineOfBase(dockerfile, image)).toBe(line);
  });
});

it('the stages of a Dockerfile are known by name', () => {
  expect(stagesOf(dockerfile)).toEqual(['build']);
});
