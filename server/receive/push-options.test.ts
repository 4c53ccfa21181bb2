import { describe, expect, it } from 'vitest';
import { parsePushOptions } from './push-options.ts';

const none = { noCache: false, skipDeploy: false, dryRun: false };

describe('push options', () => {
  it.each([
    [[], none],
    [['dry-run'], { ...none, dryRun: true }],
    [['no-cache', 'skip-deploy', 'no-cache'], { ...none, noCache: true, skipDeploy: true }],
    [['rollback=7'], { ...none, rollback: { number: 7 } }],
    [['rollback=7', 'rollback=releases/7'], { ...none, rollback: { number: 7, environment: '' } }],
    [['rollback=releases/qa/7', 'rollback=7'], { ...none, rollback: { number: 7, environment: 'qa' } }],
  ])('%j are accepted', (given, options) => {
    expect(parsePushOptions(given)).toEqual(options);
  });

  it.each([[['']], [['  ', '']], [['\t']]])('%j are ignored, as of a variable that is not set', (given) => {
    expect(parsePushOptions(given)).toEqual(none);
  });

  it.each(['force=yes', 'toString', '__proto__', 'Dry-Run', 'rollback', 'rollback=', 'rollback=-1', 'rollback=1e3'])(
    'with %s are refused with those that are known',
    (option) => {
      expect.assertions(1);
      try {
        parsePushOptions(['dry-run', option]);
      } catch (error) {
        expect(error).toMatchObject({
          reason: 'PushOptionUnknown',
          message: `unknown push option: ${option}`,
          hint: expect.arrayContaining([expect.stringContaining('-o rollback=<number>')]),
        });
      }
    },
  );

  it('with two numbers are no rollback', () => {
    expect(() => parsePushOptions(['rollback=1', 'rollback=2'])).toThrow('two releases to roll back to: 1 and 2');
    const both = ['rollback=releases/qa/1', 'rollback=releases/1'];
    expect(() => parsePushOptions(both)).toThrow('two releases to roll back to: qa/1 and 1');
  });
});
