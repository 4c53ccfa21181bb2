import { readFileSync } from 'node:fs';
import ssh2 from 'ssh2';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { eventually } from '../support/eventually.ts';
import type { Gitkube } from '../support/gitkube.ts';
import { Project } from '../support/project.ts';
import { RawSsh } from '../support/raw-ssh.ts';
import { Target } from '../support/target.ts';

let target: Target;
let gitkube: Gitkube;
let project: Project;

beforeAll(async () => {
  target = await Target.start();
  ({ gitkube, project } = target);
});
afterAll(() => target[Symbol.asyncDispose]());
afterEach(() => target.isUnharmed());

const deployments = [{ name: 'www', containers: [{ name: 'www', path: 'www' }] }];

describe('who a client is', () => {
  /** Lists the keys as an agent does, and signs with what `signWith` names. */
  class Agent extends ssh2.BaseAgent {
    readonly #offered: readonly string[];
    readonly #signWith: (offered: string) => string | undefined;

    constructor(offered: readonly string[], signWith: (offered: string) => string | undefined) {
      super();
      this.#offered = offered.map((name) => project.keyFile(name));
      this.#signWith = (name) => signWith(name);
    }

    override getIdentities(reply: (error: Error | null, keys?: ssh2.ParsedKey[]) => void): void {
      reply(null, this.#offered.map(parse));
    }

    override sign(key: ssh2.ParsedKey, data: Buffer, ...rest: unknown[]): void {
      const reply = rest.at(-1) as (error?: Error, signature?: Buffer) => void;
      const index = this.#offered.findIndex((file) => parse(file).getPublicSSH().equals(key.getPublicSSH()));
      const name = this.#signWith(String(index));
      if (name === undefined) reply(new Error('does not sign'));
      else reply(undefined, parse(project.keyFile(name)).sign(data));
    }
  }
  const parse = (file: string) => ssh2.utils.parseKey(readFileSync(file)) as ssh2.ParsedKey;
  const withAgent = (agent: Agent) => RawSsh.connect(gitkube.port, { agent });

  it('is the key that signed, not one that was offered before', async () => {
    await using theirs = await Project.create(gitkube, { replicas: 0 });
    await project.makeKey('mine');
    await theirs.applyRemote({ authorizedKeys: [await project.publicKey('mine')], deployments });
    using attacker = await withAgent(new Agent(['id', 'mine'], (index) => (index === '1' ? 'mine' : undefined)));
    const refused = await attacker.exec(target.receive);
    expect(await refused.output).toMatch(/ERR no Remote .* accepts the key/);
    const own = await attacker.exec(`git-upload-pack '/${theirs.namespace}/app'`);
    own.channel.end('0000');
    expect(await own.output).not.toContain('ERR');
  });

  it('has the name that this Remote gives its key, whatever another Remote calls it', async () => {
    // The greeting has the name of the first one.
    await using theirs = await Project.create(gitkube, { replicas: 0, namespace: `a-${project.namespace}` });
    const [type, blob] = (await project.publicKey()).split(' ');
    await theirs.applyRemote({ authorizedKeys: [`${type} ${blob} mallory@elsewhere`], deployments });
    await eventually(async () => (await project.ssh()).stdout.includes('mallory@elsewhere'));
    await project.commit('by whom');
    const { output } = await project.push('-o', 'dry-run', 'HEAD:main');
    expect(output).toContain('by id@test');
  });

  it('is nobody when one key is offered and another one signs for it', async () => {
    await project.makeKey('other');
    await expect(withAgent(new Agent(['id'], () => 'other'))).rejects.toThrow(/authentication/);
  });

  it('is checked again for each command: a removed key no longer pushes or fetches on an open connection', async () => {
    await project.makeKey('second');
    const both = [await project.publicKey(), await project.publicKey('second')];
    await project.applyRemote({ authorizedKeys: both, deployments });
    using connection = await eventually(() => target.connect('second'));
    await project.applyRemote({ authorizedKeys: [await project.publicKey()], deployments });
    await eventually(async () => (await project.tryGit(['ls-remote', project.url], { key: 'second' })).code !== 0);
    for (const command of [target.receive, target.upload]) {
      expect(await (await connection.exec(command)).output).toContain('ERR no Remote');
    }
  });

  it('can fail to log in twenty times at most', async () => {
    const authHandler = Array.from({ length: 25 }, () => ({ type: 'none', username: 'git' }) as const);
    await expect(RawSsh.connect(gitkube.port, { authHandler })).rejects.toThrow('too many keys were tried');
  });
});
