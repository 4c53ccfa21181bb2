import { EventEmitter } from 'node:events';
import { describe, expect, it } from 'vitest';
import { GitkubeError } from './errors.ts';
import { createLogger, withLogFields } from './log.ts';

function logger() {
  const lines: Record<string, unknown>[] = [];
  const log = createLogger('info', { write: (line) => void lines.push(JSON.parse(line) as Record<string, unknown>) });
  return { log, lines };
}

describe('log fields', () => {
  it('are in every line of a piece of work, across waits and side by side, and in no other', async () => {
    const { log, lines } = logger();
    const work = async (push: string) => {
      await new Promise(setImmediate);
      log.info({ from: push }, 'deep inside');
    };
    const both = [withLogFields({ push: 'a' }, () => work('a')), withLogFields({ push: 'b' }, () => work('b'))];
    log.info('outside');
    await Promise.all(both);
    expect(lines.map(({ push, from }) => [push, from])).toEqual([
      [undefined, undefined],
      ['a', 'a'],
      ['b', 'b'],
    ]);
  });

  it('are read with each line where they may change', async () => {
    const { log, lines } = logger();
    let remote = 'a';
    withLogFields({ push: '1' }, () =>
      withLogFields(
        () => ({ remote }),
        () => {
          log.info('before');
          remote = 'b';
          log.info('after');
        },
      ),
    );
    expect(lines.map(({ push, remote: read }) => [push, read])).toEqual([
      ['1', 'a'],
      ['1', 'b'],
    ]);
  });

  it('are those of the waiting code, not of the code that wakes it', async () => {
    const { log, lines } = logger();
    const bell = new EventEmitter();
    const waiting = withLogFields({ push: 'a' }, async () => {
      await new Promise((resolve) => bell.once('ring', resolve));
      log.info('awake');
    });
    withLogFields({ push: 'b' }, () => bell.emit('ring'));
    await waiting;
    expect(lines[0]).toMatchObject({ push: 'a', msg: 'awake' });
  });

  it('give way to a field of the line itself, and add up', () => {
    const { log, lines } = logger();
    withLogFields({ push: 'a' }, () => withLogFields({ remote: 'r' }, () => log.info({ push: 'older' }, 'x')));
    expect(lines[0]).toMatchObject({ push: 'older', remote: 'r' });
  });

  it('never hold a secret', () => {
    const { log, lines } = logger();
    log.info({ password: 'secret', registry: { token: 'secret' } }, 'logged in');
    expect(lines[0]).toMatchObject({ password: '[Redacted]', registry: { token: '[Redacted]' } });
  });
});

it('the log has no output of the programs of users, wherever in an error it is', () => {
  const { log, lines } = logger();
  const failed = (cause?: unknown) => {
    const evidence = ['  password=hunter2'];
    return new GitkubeError('TaskFailed', 'task unit failed', { evidence, said: 'password=hunter2', cause });
  };
  log.info({ err: failed(failed()), cause: failed() }, 'push refused');
  log.info({ err: new AggregateError([failed()], 'two of them') }, 'push refused');
  log.info({ err: new Error('plain'), cause: 'a word' }, 'push refused');
  expect(JSON.stringify(lines)).not.toContain('hunter2');
  expect(lines[0]).toMatchObject({ err: { reason: 'TaskFailed', stack: expect.stringContaining('log.test') } });
  expect(lines[1]).toMatchObject({ err: { aggregateErrors: [{ message: 'task unit failed' }] } });
  expect(lines[2]).toMatchObject({ err: { message: 'plain' }, cause: 'a word' });
});
