import { describe, expect, it } from 'vitest';
import { checkSyntax } from './dockerfile.ts';

describe('checkSyntax', () => {
  it.each([
    'FROM scratch',
    '# syntax=docker/dockerfile:1\nFROM scratch',
    '# syntax=docker/dockerfile:1.7-labs\nFROM scratch',
    '#syntax = docker.io/docker/dockerfile-upstream:master\nFROM scratch',
    `# syntax=docker/dockerfile:1@sha256:${'0'.repeat(64)}\nFROM scratch`,
    '# escape=`\nFROM scratch',
    'FROM scratch\n# syntax=evil.example/x',
    'FROM scratch\nRUN echo "# syntax=x"',
    '',
  ])('lets through %j', (text) => {
    expect(() => checkSyntax(text, {}, 'Dockerfile')).not.toThrow();
  });

  it.each([
    '# syntax=evil.example/x\nFROM scratch',
    '# SYNTAX = evil.example/x\r\nFROM scratch',
    '#!/usr/bin/env docker\n# syntax=evil.example/x\n',
    '\ufeff# syntax=evil.example/x\n',
    '// syntax=evil.example/x\n',
    '{"syntax": "evil.example/x"}',
    '\ufeff#!x\n{"s\\u0079ntax": "evil.example/x"}',
    '# escape=`\n# syntax=evil.example/x\nFROM scratch',
    '# syntax=docker/dockerfile:1\n# syntax=evil.example/x\n',
    '# syntax=evil.example/docker/dockerfile:1\n',
    '# syntax=docker/dockerfile-evil\n',
    '# syntax=evil.example/x docker/dockerfile:1\n',
  ])('refuses %j', (text) => {
    expect(() => checkSyntax(text, {}, 'web/Dockerfile')).toThrow(/^web\/Dockerfile asks for the frontend/);
  });

  it('refuses another frontend in a build arg', () => {
    expect(() => checkSyntax('', { BUILDKIT_SYNTAX: 'evil.example/x' }, 'Dockerfile')).toThrow(/evil\.example/);
  });
});
