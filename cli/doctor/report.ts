import { count, plain } from '../../base/text.ts';
import type { Finding } from './finding.ts';

/** One line for each finding, its fix below it, and a sentence at the end; what was found in the pod has a heading. */
export function report(findings: readonly Finding[]): string[] {
  const width = Math.max(...findings.map(({ check }) => check.length));
  const groups = [...Map.groupBy(findings, ({ pod }) => pod)];
  const lines = groups.flatMap(([pod, group]) => [
    ...(pod === undefined ? [] : ['', `In pod ${plain(pod)}:`]),
    ...group.flatMap((finding) => linesOf(finding, width)),
  ]);
  return [...lines, '', verdict(findings)];
}

function linesOf({ check, level, message, fix }: Finding, width: number): string[] {
  return [
    `${level.padEnd(4)}   ${plain(check).padEnd(width)}   ${plain(message)}`,
    ...fix.map((command) => `${' '.repeat(width + 10)}fix: ${plain(command)}`),
  ];
}

function verdict(findings: readonly Finding[]): string {
  const failed = findings.filter(({ level }) => level === 'FAIL').length;
  const warned = findings.filter(({ level }) => level === 'WARN').length;
  const parts = [failed ? `${failed} failed` : '', warned ? count(warned, 'warning') : ''].filter(Boolean);
  return parts.length === 0 ? 'No problems found.' : `${parts.join(', ')}.`;
}
