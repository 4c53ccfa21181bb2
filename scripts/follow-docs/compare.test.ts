import { describe, expect, it } from 'vitest';
import { differences } from './compare.ts';

const printed = 'remote: Gitkube: a/b, main 0123abc by alice\nremote:   b: rolled out in 2.1 s\nbye\n';

describe('the comparison of what is shown with what was printed', () => {
  it('finds nothing where only ids and times differ', () => {
    const shown = 'remote: Gitkube: a/b, main fedcba9 by alice\nremote:   b: rolled out in 14 ms\nbye\n';
    expect(differences({ shown }, printed)).toEqual([]);
  });

  it('finds nothing where nothing is shown', () => {
    expect(differences({ shown: undefined }, printed)).toEqual([]);
  });

  it('names lines that are missing and lines that are new', () => {
    const found = differences({ shown: 'Gitkube: a/b, main fedcba9 by alice\nhello\nbye\n' }, printed);
    expect(found).toEqual([' Gitkube: a/b, main <id> by alice', '-hello', '+ b: rolled out in <time>', ' bye']);
  });

  it('compares the end only of a block that begins with …', () => {
    expect(differences({ shown: '…\nbye\n' }, printed)).toEqual([]);
    expect(differences({ shown: '…\nremote: hello\nbye\n' }, printed)).not.toEqual([]);
  });
});
