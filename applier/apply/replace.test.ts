import { describe, expect, it } from 'vitest';
import { GitkubeError } from '../../base/errors.ts';
import { isReplaced } from './replace.ts';

const job = { apiVersion: 'batch/v1', kind: 'Job', metadata: { name: 'migrate' } };
const refused = (why: string) => new GitkubeError('ManifestsRefused', `the API server refuses Job/migrate: ${why}`);

describe('an object that cannot be changed', () => {
  it.each([
    ['Job.batch "migrate" is invalid: spec.template: field is immutable', true],
    ['Job.batch "migrate" is invalid: [spec.completions: field is immutable, spec.template: field is immutable]', true],
    [
      'Job.batch "migrate" is invalid: [spec.parallelism: Invalid value: -1: must be greater, spec.template: field is immutable]',
      false,
    ],
    ['Job.batch "migrate" is invalid: spec.template.spec.restartPolicy: Required value', false],
    ['jobs.batch "migrate" is forbidden: no', false],
  ])('is replaced when it is a Job and nothing else is wrong with it: %s', (why, replaced) => {
    expect(isReplaced(job, refused(why))).toBe(replaced);
  });

  it('is not replaced when it is no Job', () => {
    const why = 'Service "www" is invalid: spec.clusterIPs[0]: field is immutable';
    expect(isReplaced({ ...job, apiVersion: 'v1', kind: 'Service' }, refused(why))).toBe(false);
    expect(
      isReplaced({ ...job, apiVersion: 'example.com/v1' }, refused('it is invalid: spec.a: field is immutable')),
    ).toBe(false);
  });
});
