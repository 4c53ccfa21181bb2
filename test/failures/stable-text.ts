import type { Project } from '../support/project.ts';
import { rig } from '../support/rig.ts';

/** Lines that come or not, by how long the cache, the kubelet and the machine take. */
const passing = [
  // Of newer ssh clients alone.
  /^(?:Warning: |\*\* )[^\n]*\n/gm,
  /^remote: {3}.*(?:\bnew pods? ready\b|: waiting for ).*\n/gm,
  /^remote: {3}waiting for .*\n/gm,
  // Of an engine or a registry on a machine that is busy.
  /^remote: {3}the (?:Docker Engine at|registry) .*(?:; the engine tries again in|; giving up in) .*\n/gm,
  /^remote: {3}pushed \d+ of \d+ MB\n/gm,
  /^remote: {3}\[.*\btook \d.*\n/gm,
  // The engine says them to the first of the builds that have them in common.
  /^remote: {3}\[\d+\/\d+\] (?:FROM|COPY index\.html) .*\n/gm,
  / {2}\(cached\)(?=\n)/g,
];

/**
 * The output of a push with a word for each name and number that is another one in each run.
 * @param called further names, by what is replaced
 */
export function stableText(
  output: string,
  { namespace, url }: Pick<Project, 'namespace' | 'url'>,
  called: Readonly<Record<string, string>> = {},
): string {
  const { registry, baseImage } = rig();
  const replaced: readonly (readonly [string | RegExp, string])[] = [
    [/[ \t\r]+$/gm, ''],
    ...passing.map((line) => [line, ''] as const),
    ...Object.entries(called),
    [url, 'ssh://git@dev.example.com:2222/shop/app'],
    [url.replace('git@', ''), 'ssh://dev.example.com:2222/shop/app'],
    [baseImage, 'busybox'],
    [registry, 'registry.example.com'],
    ['git@127.0.0.1', 'git@dev.example.com'],
    [/\b127\.0\.0\.1:\d+/g, 'registry.example.com'],
    [/(?<=\bssh -p )\d+(?= git@)/g, '2222'],
    [namespace, 'shop'],
    [/\b(?!0\.0\.0\.0)(?:\d+\.){3}\d+(?=:\d)/g, '10.0.0.7'],
    [/sha256:[0-9a-f]{64}/g, 'sha256:<digest>'],
    [/\b20\d\d-\d\d-\d\dT[\d:]+Z/g, '<time>'],
    [/(?<=\boutput (?:\S+\/\S+ )?)[0-9a-f]{10}\b/g, '<id>'],
    [/SHA256:[\w+/]{43}/g, 'SHA256:<fingerprint>'],
    [/(?<=\bwww-)[0-9a-f]{8,10}-[a-z0-9]{5}\b/g, '<pod>'],
    [/(?<=\bmigrate-)[a-z0-9]{5}\b/g, '<pod>'],
    [/(?<=\b(?:in|after|build|push|rollout) )(?:\d+ min )?\d+(?:\.\d+)? m?s\b/g, '<time>'],
    [/(?<=\()\d+(?= times\))/g, '<number of>'],
    // One of a thousand has no digit in it.
    [/\b(?:[0-9a-f]{7}|[0-9a-f]{12})\b/g, '<commit>'],
  ];
  return replaced.reduce((text, [what, by]) => text.replaceAll(what, by), output);
}
