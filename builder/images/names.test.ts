import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ImageTarget } from '../types.ts';
import { canonicalHost, keyTag, registryAddress, repositoryName, repositoryPath } from './names.ts';

function target(deployment = 'www', name = 'web'): ImageTarget {
  return { deployment, container: { name, path: '.', dockerfile: 'Dockerfile', buildArgs: [] } };
}

describe('registryAddress', () => {
  it.each([
    ['docker.io/user', 'docker.io', 'registry-1.docker.io', 'user'],
    ['index.docker.io/user', 'docker.io', 'registry-1.docker.io', 'user'],
    ['user', 'docker.io', 'registry-1.docker.io', 'user'],
    ['172.17.0.1:5000', '172.17.0.1:5000', '172.17.0.1:5000', ''],
    ['localhost/x', 'localhost', 'localhost', 'x'],
    ['gcr.io/project/team/', 'gcr.io', 'gcr.io', 'project/team'],
    ['Registry.Example.com:5000', 'registry.example.com:5000', 'registry.example.com:5000', ''],
    ['[::1]:5000/a', '[::1]:5000', '[::1]:5000', 'a'],
  ])('reads %s', (url, host, apiHost, path) => {
    expect(registryAddress(url)).toEqual({ host, apiHost, path });
  });

  it.each([
    '',
    'docker.io',
    'https://gcr.io/x',
    'gcr.io/Upper',
    'gcr.io//x',
    'host:port/x',
    'evil.example/../x',
    'a b.c/x',
    'user@host.example/x',
    'host.example/x:tag',
    'host.example/x?y',
    '-host.example/x',
  ])('refuses %j', (url) => {
    expect(() => registryAddress(url)).toThrow(expect.objectContaining({ reason: 'RemoteInvalid' }));
  });
});

describe('canonicalHost', () => {
  it.each([
    ['index.docker.io', 'docker.io'],
    ['registry-1.docker.io', 'docker.io'],
    ['docker.io', 'docker.io'],
    ['notdocker.io', 'notdocker.io'],
    ['docker.io.evil.example', 'docker.io.evil.example'],
    ['GCR.io', 'gcr.io'],
  ])('%s is %s', (name, canonical) => {
    expect(canonicalHost(name)).toBe(canonical);
  });
});

describe('repositoryName', () => {
  it('is the name that Gitkube has always given', () => {
    const destination = { namespace: 'default', remote: 'sampleremote', registryUrl: 'docker.io/user' };
    expect(repositoryName(destination, target('www', 'www'))).toBe(
      'docker.io/user/default-sampleremote-default.www-www',
    );
  });

  it('is that of no workload for the image of a task', () => {
    const destination = { namespace: 'ns', remote: 'app', registryUrl: 'r.example' };
    const task = repositoryName(destination, { ...target('', 'unit-x'), task: 'unit-x' });
    expect(task).toBe('r.example/ns-app-ns.test_unit-x');
  });

  it('is refused when it is too long for a registry', () => {
    const destination = { namespace: 'n'.repeat(63), remote: 'r'.repeat(200), registryUrl: 'r.example' };
    expect(() => repositoryName(destination, target())).toThrow(/more than 255/);
  });

  it('is a valid reference for every name that Kubernetes has', () => {
    const label = fc.stringMatching(/^[a-z0-9]([a-z0-9-]{0,8}[a-z0-9])?$/);
    fc.assert(
      fc.property(label, label, label, label, (namespace, remote, deployment, container) => {
        const name = repositoryName(
          { namespace, remote, registryUrl: 'r.example:5000/x' },
          target(deployment, container),
        );
        expect(name).toMatch(/^r\.example:5000\/x\/[a-z0-9]+(?:(?:\.|-+)[a-z0-9]+)*$/);
        expect(repositoryPath(name)).toBe(name.slice('r.example:5000/'.length));
      }),
    );
  });
});

describe('keyTag', () => {
  it('fits the 128 characters of a tag', () => {
    expect(keyTag('a'.repeat(64))).toMatch(/^[\w][\w.-]{0,127}$/);
  });
});
