import { describe, expect, it } from 'vitest';
import { describeSettings, parseConfig, unknownSettings } from './config.ts';

describe('the settings', () => {
  it('all have a default or may be missing', () => {
    expect(parseConfig({})).toMatchObject({ GITKUBE_SSH_LISTEN: '0.0.0.0:2222', GITKUBE_INSECURE_REGISTRIES: [] });
  });

  it('take an empty variable for a missing one', () => {
    expect(parseConfig({ GITKUBE_REGISTRY: '' }).GITKUBE_REGISTRY).toBeUndefined();
  });

  it.each([
    ['GITKUBE_SSH_LISTEN', 'localhost'],
    ['GITKUBE_SSH_LISTEN', 'a:b:c'],
    ['GITKUBE_SSH_LISTEN', 'localhost:65536'],
    ['GITKUBE_MAX_PUSHES', '0'],
    ['GITKUBE_MAX_BUILDS', 'many'],
    ['GITKUBE_LOG_LEVEL', 'loud'],
    ['GITKUBE_HOST_KEY_SECRET', 'host-key'],
    ['GITKUBE_NAMESPACES', 'apps,Web'],
  ])('refuse %s=%s by name and value', (name, value) => {
    expect(() => parseConfig({ [name]: value })).toThrow(`${name}=${value}`);
  });

  it.each([
    ['GITKUBE_MAX_BUILDS', 'lots', 'expected a whole number, 1 or more'],
    ['GITKUBE_MAX_PUSHES', '0', 'expected a whole number, 1 or more'],
    ['GITKUBE_TRASH_DAYS', '-1', 'expected a whole number, 0 or more'],
    ['GITKUBE_FETCH_TIMEOUT_SECONDS', '9999999', 'expected at most 2147483 seconds (24 days)'],
    ['GITKUBE_RECONCILE_SECONDS', '9999999', 'expected at most 2147483 seconds (24 days)'],
    ['GITKUBE_MAX_PACK_BYTES', '2GiB', 'expected a whole number of bytes, 1000000 or more'],
    ['GITKUBE_MAX_GIT_MEMORY_BYTES', '512', 'expected a whole number of bytes, 33554432 or more'],
    ['GITKUBE_MAX_PACK_BYTES', '2', 'expected a whole number of bytes, 1000000 or more'],
    ['GITKUBE_MAX_REPOSITORY_BYTES', '5120', 'expected a whole number of bytes, 1000000 or more'],
    ['GITKUBE_MAX_CONTEXT_BYTES', '2048', 'expected a whole number of bytes, 1000000 or more'],
    ['GITKUBE_RECONCILE_SECONDS', ' ', 'expected a whole number, 0 or more'],
    ['GITKUBE_RECONCILE_SECONDS', '0x10', 'expected a whole number, 0 or more'],
    ['GITKUBE_MAX_PUSHES', '9007199254740993', 'expected a whole number, 1 or more'],
    ['GITKUBE_MAX_PUSHES', 'NaN', 'expected a whole number, 1 or more'],
    ['GITKUBE_TRASH_DAYS', '1000000', 'expected at most 36500 days (100 years)'],
    ['GITKUBE_PUBLIC_ADDRESS', 'dev.example.com:0', 'port 0 cannot be reached'],
    ['GITKUBE_REGISTRY_FORWARD', 'registry:0', 'port 0 cannot be reached'],
    ['GITKUBE_LOG_LEVEL', 'loud', 'expected trace, debug, info, warn, error or silent'],
    ['GITKUBE_SSH_LISTEN', '99999', 'expected host:port'],
    ['GITKUBE_REGISTRY', 'https://docker.io/user', 'is not host[:port][/path]'],
    ['GITKUBE_REGISTRY', 'docker.io', 'names Docker Hub without an account'],
    ['GITKUBE_GIT_HTTPS_URL', 'git.example.com', 'expected https://host or https://host:port'],
    ['GITKUBE_GIT_HTTPS_URL', 'http://git.example.com', 'expected https://host or https://host:port'],
    ['GITKUBE_GIT_HTTPS_URL', 'https://git.example.com/git', 'expected https://host or https://host:port'],
    ['GITKUBE_GIT_HTTPS_URL', 'https://ci:gk_1@git.example.com', 'expected https://host or https://host:port'],
    ['GITKUBE_GIT_HTTPS_URL', 'https://git.example.com:99999', 'a port is at most 65535'],
    ['GITKUBE_INSECURE_REGISTRIES', 'a:5000,http://b', '"http://b" is not host[:port]'],
  ])('refuse %s=%s in one sentence of our own', (name, value, why) => {
    expect(() => parseConfig({ [name]: value })).toThrow(new RegExp(`^invalid settings: ${name}=.*: ${escaped(why)}$`));
  });

  it.each([
    ['https://git.example.com/', 'https://git.example.com'],
    ['https://git.example.com:443', 'https://git.example.com'],
    ['https://Git.example.com:8443', 'https://git.example.com:8443'],
    ['https://[2001:db8::7]:8443', 'https://[2001:db8::7]:8443'],
  ])('take %s for what URLs begin with as %s', (given, origin) => {
    expect(parseConfig({ GITKUBE_GIT_HTTPS_URL: given }).GITKUBE_GIT_HTTPS_URL).toBe(origin);
  });

  it('accept a large number as YAML tools write it', () => {
    expect(parseConfig({ GITKUBE_MAX_PACK_BYTES: '2.147483648e+09' }).GITKUBE_MAX_PACK_BYTES).toBe(2 ** 31);
  });

  it('report an unknown variable, but not those that Kubernetes makes of Services', () => {
    const env = {
      GITKUBE_REGISTY: 'a',
      GITKUBE_DATA: 'b',
      GITKUBE_SERVICE_HOST: 'c',
      GITKUBE_PORT_22_TCP: 'd',
      PATH: 'e',
    };
    expect(unknownSettings(env)).toEqual(['GITKUBE_REGISTY']);
  });

  it('split lists of registries', () => {
    const { GITKUBE_INSECURE_REGISTRIES: list } = parseConfig({ GITKUBE_INSECURE_REGISTRIES: ' a:5000, b ,' });
    expect(list).toEqual(['a:5000', 'b']);
  });

  it('mean all namespaces when none is named', () => {
    expect(parseConfig({}).GITKUBE_NAMESPACES).toEqual([]);
    expect(parseConfig({ GITKUBE_NAMESPACES: 'apps, web' }).GITKUBE_NAMESPACES).toEqual(['apps', 'web']);
  });

  it('are all explained', () => {
    expect(describeSettings().filter(({ about }) => about === '')).toEqual([]);
  });
});

function escaped(text: string): string {
  return text.replace(/[[\]/()]/g, '\\$&');
}
