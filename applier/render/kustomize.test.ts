import { expect, it } from 'vitest';
import { readKustomizations, refuseUrls, wayOut } from './kustomize.ts';

const signal = new AbortController().signal;
const file = (path: string, text: string) => ({ path, origin: `k8s/${path}`, text });

it.each<[string, string, string | undefined]>([
  ['kustomization.yaml', 'resources: [a, ./b, c/../d]', undefined],
  ['overlays/test/kustomization.yaml', 'resources: [../../base]', undefined],
  ['kustomization.yaml', 'resources: [../base]', '../base'],
  ['kustomization.yaml', 'resources: [..]', '..'],
  ['kustomization.yaml', 'components: [a/../../b]', 'a/../../b'],
  ['deep/Kustomization', 'bases: ["../../x"]', '../../x'],
  ['deep/kustomization.yml', '{"resources": ["\\u002e./../x"]}', '../../x'],
  ['kustomization.yaml', 'a: &a [../x]\nresources: *a', '../x'],
  ['kustomization.yaml', 'commonAnnotations: {see: ../README}', undefined],
  ['other.yaml', 'resources: [../base]', undefined],
])('%s with %s is refused because %s leads out of the repository', async (path, text, out) => {
  expect(wayOut(await readKustomizations([file(path, text)], signal))?.path).toBe(out);
});

it.each<[string, string]>([
  ['kustomization.yaml', 'resources: ["http://127.0.0.1/x"]'],
  ['kustomization.yaml', 'resources: ["\\x48TTPS://127.0.0.1/x"]'],
  ['kustomization.yaml', 'openapi: {path: "https://localhost/x"}'],
  ['a/kustomization.yaml', 'patches: [{path: "http://localhost/x"}]'],
  [
    'kustomization.yaml',
    'generators: ["apiVersion: builtin\\nkind: ConfigMapGenerator\\nfiles: [\\"http://localhost/x\\"]\\n"]',
  ],
])('%s with %s is refused', async (path, text) => {
  const files = [file(path, text)];
  await expect(refuseUrls(await readKustomizations(files, signal), files, signal)).rejects.toThrow(`k8s/${path} names`);
});

it('a generator in a file of its own is checked, and a URL in a text is accepted', async () => {
  const generators = file('kustomization.yaml', 'generators: [gen.txt]');
  const generator = file('gen.txt', 'apiVersion: builtin\nkind: ConfigMapGenerator\nfiles: ["http://localhost/x"]\n');
  const both = [generators, generator];
  await expect(refuseUrls(await readKustomizations(both, signal), both, signal)).rejects.toThrow('k8s/gen.txt names');
  const harmless = [
    file('kustomization.yaml', 'configMapGenerator: [{name: a, literals: ["url=https://example.com"]}]'),
    file('app.yaml', 'data: {url: "https://example.com"}'),
  ];
  await refuseUrls(await readKustomizations(harmless, signal), harmless, signal);
});
