import { describe, expect, it } from 'vitest';
import { describeSettings, parseConfig } from './config.ts';

describe('the settings', () => {
  it('all have a default or may be missing', () => {
    expect(parseConfig({})).toMatchObject({ GITKUBE_SSH_LISTEN: '0.0.0.0:2222', GITKUBE_INSECURE_REGISTRIES: [] });
  });

  it('an empty variable is a missing one', () => {
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
  ])('%s=%s is refused by name and value', (name, value) => {
    expect(() => parseConfig({ [name]: value })).toThrow(`${name}=${value}`);
  });

  it('lists of registries are split', () => {
    const { GITKUBE_INSECURE_REGISTRIES: list } = parseConfig({ GITKUBE_INSECURE_REGISTRIES: ' a:5000, b ,' });
    expect(list).toEqual(['a:5000', 'b']);
  });

  it('no namespace named means all of them', () => {
    expect(parseConfig({}).GITKUBE_NAMESPACES).toEqual([]);
    expect(parseConfig({ GITKUBE_NAMESPACES: 'apps, web' }).GITKUBE_NAMESPACES).toEqual(['apps', 'web']);
  });

  it('each one is explained', () => {
    expect(describeSettings().filter(({ about }) => about === '')).toEqual([]);
  });
});
