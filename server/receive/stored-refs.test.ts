import { describe, expect, it } from 'vitest';
import { storedLines } from './stored-refs.ts';

const zero = '0'.repeat(40);
const [old, head, next, blob] = ['1', '2', '3', 'b'].map((digit) => digit.repeat(40)) as [
  string,
  string,
  string,
  string,
];
const history = [old, head, next];

const repository = {
  heads: async () => new Map([['main', head]]),
  isAncestor: async (one: string, other: string) => {
    const [first, second] = [history.indexOf(one), history.indexOf(other)];
    return first >= 0 && first <= second;
  },
};
const stored = async (newOid: string) => {
  const refs = {
    deploy: undefined,
    deletions: [],
    ignored: [],
    stored: [{ ref: 'refs/tags/v1', oldOid: zero, newOid }],
  };
  return (await storedLines(refs, 'main', repository, {})).join();
};

describe('a tag that is stored', () => {
  it('can be deployed by the command that the push prints', async () => {
    expect(await stored(next)).toMatch(
      /; a tag deploys nothing\. To deploy it, type: git push ssh:\/\/git@<host>:<port>\/<namespace>\/<name> '3{12}\^\{\}:refs\/heads\/main'$/,
    );
  });

  it('behind the branch can only be deployed by force', async () => {
    expect(await stored(old)).toContain(
      "type: git push -f ssh://git@<host>:<port>/<namespace>/<name> '111111111111^{}:refs/heads/main'",
    );
  });

  it('of a file cannot be deployed', async () => {
    expect(await stored(blob)).toBe('Stored the tag v1; a tag deploys nothing');
  });
});
