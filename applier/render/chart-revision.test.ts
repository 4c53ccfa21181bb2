import { describe, expect, it } from 'vitest';
import { withRevision } from './chart-revision.ts';

describe('the revision of a release in a template', () => {
  it.each([
    ['{{ .Release.Revision }}', '{{ (7) }}'],
    ['{{- .Release.Revision | quote -}}', '{{- (7) | quote -}}'],
    ['{{ $.Release.Revision }}', '{{ (7) }}'],
    ['{{ $root.Release.Revision }}{{ .ctx.Release.Revision }}', '{{ (7) }}{{ (7) }}'],
    ['{{ printf "%d-%s" .Release.Revision .Release.Name }}', '{{ printf "%d-%s" (7) .Release.Name }}'],
    ['{{ if gt\n.Release.Revision 1 }}', '{{ if gt\n(7) 1 }}'],
    ['# .Release.Revision', '# .Release.Revision'],
    ['{{ .Release.RevisionHistory }}', '{{ .Release.RevisionHistory }}'],
  ])('%s becomes %s', (template, expected) => {
    expect(withRevision(template, 7)).toBe(expected);
  });
});
