/** `ssh … run`: commands in pods of their own. */
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually } from '../support/eventually.ts';
import { Gitkube } from '../support/gitkube.ts';
import { Project } from '../support/project.ts';
import type { RawSsh } from '../support/raw-ssh.ts';
import { rig } from '../support/rig.ts';

/** Programs of busybox, and no shell. */
const bareDockerfile = `FROM ${rig().baseImage} AS programs
FROM scratch
${['httpd', 'cat', 'seq'].map((name) => `COPY --from=programs /bin/busybox /bin/${name}`).join('\n')}
COPY index.html /www/index.html
CMD ["/bin/httpd", "-f", "-p", "8080", "-h", "/www"]
`;

let gitkube: Gitkube;
let project: Project;

beforeAll(async () => {
  gitkube = await Gitkube.start({ GITKUBE_RUN: 'on' });
  project = await Project.create(gitkube, { deployments: ['www', 'bare'] });
  await project.writeApp('bare', 'bare', bareDockerfile);
  await project.commit('an image without a shell');
  expect((await project.push()).code).toBe(0);
});
afterAll(async () => {
  await project[Symbol.asyncDispose]();
  await gitkube[Symbol.asyncDispose]();
});

interface Pod {
  readonly metadata: {
    readonly name: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly deletionTimestamp?: string;
  };
  readonly spec: { readonly containers: readonly { readonly image: string; readonly command: readonly string[] }[] };
}

async function runPods(): Promise<Pod[]> {
  const pods = await project.list<Pod>('/api/v1/pods');
  return pods.filter(
    ({ metadata: { labels = {}, deletionTimestamp } }) =>
      labels['gitkube.sh/run'] !== undefined && deletionTimestamp === undefined,
  );
}

/** What a command has printed, without what is said while a busy node creates its pod. */
function withoutWaiting(output: string): string {
  return output.replace(/^(?:gitkube: container \S+ is being created\n)+/, '');
}

function* endless(): Generator<string> {
  for (;;) yield 'y\n'.repeat(500);
}

/** A client whose command runs, and does not end. */
async function longRun(): Promise<RawSsh> {
  const client = await project.connect();
  const { channel, output } = await client.exec("run www -- sh -c 'echo up; sleep 3600'");
  const over = output.then((text) => {
    throw new Error(`the run has ended: ${text}`);
  });
  expect(String((await Promise.race([once(channel, 'data'), over]))[0])).toBe('up\n');
  over.catch(() => {});
  return client;
}

it('ends with the exit code of its command, whether or not the quotes of a script reach the server', async () => {
  const bare = project.ssh('run', 'www', '--', 'sh', '-c', 'echo out; echo err >&2; exit 7');
  const quoted = project.ssh('run', 'www/www', '--', "sh -c 'exit 9'");
  const { code, stdout, output } = await bare;
  expect({ code, stdout }).toEqual({ code: 7, stdout: 'out\n' });
  expect(withoutWaiting(output)).toMatch(/^(?:out\nerr|err\nout)\n$/);
  expect((await quoted).code).toBe(9);
  await eventually(async () => (await runPods()).length === 0);
  const words = 'id@test ran in www/www: sh -c exit 9 (exit code 9, ';
  await eventually(async () => {
    const events = await project.list<{ readonly reason: string; readonly message: string }>('/api/v1/events');
    return events.some(({ reason, message }) => reason === 'Ran' && message.includes(words));
  });
});

it('gives its command words that Kubernetes would expand', async () => {
  const words = "'$$' '$(HOSTNAME)'";
  expect(await project.ssh('run', 'www', '--', 'echo', words)).toMatchObject({ code: 0, stdout: '$$ $(HOSTNAME)\n' });
});

it('passes input on to its end, byte by byte, and all that comes back', async () => {
  const bytes = randomBytes(3_000_000);
  using client = await project.connect();
  const { channel } = await client.exec('run www -- cat');
  channel.end(bytes);
  const [back, [code]] = await Promise.all([buffer(channel), once(channel, 'exit')]);
  expect(createHash('sha256').update(back).digest('hex')).toBe(createHash('sha256').update(bytes).digest('hex'));
  expect(code).toBe(0);
});

it('has all output and the exit code of a command that ends while input is still on its way', async () => {
  // A connection that is closed with unread input is reset, and what it had brought with it is lost.
  const ends = await Promise.all(
    Array.from({ length: 5 }, async () => {
      using client = await project.connect();
      const { channel } = await client.exec("run www -- sh -c 'head -c 100000 | wc -c; seq 1 2000; exit 6'");
      const exit = once(channel, 'exit');
      const rows = Readable.from(endless());
      rows.pipe(channel);
      channel.on('error', () => {});
      const out = await buffer(channel);
      rows.destroy();
      return { code: (await exit)[0], out: String(out) };
    }),
  );
  const out = `100000\n${Array.from({ length: 2000 }, (_, index) => `${index + 1}\n`).join('')}`;
  expect(ends).toEqual(ends.map(() => ({ code: 6, out })));
});

it('gives a client that takes little at a time all of stdout and stderr once, and the exit code', async () => {
  const row = 'x'.repeat(999);
  // After stdout has waited for the client, stderr does so alone.
  const script = `i=0; while [ $i -lt 150 ]; do echo ${row}; echo $i >&2; i=$((i+1)); done; echo ${row} >&2; exit 4`;
  using client = await project.connect();
  const { protocol } = client;
  const step = 700;
  const session = protocol.session.bind(protocol);
  // ssh2's client believes that it has granted more, and leaves the rest to this test.
  protocol.session = (channel, _window, maxPacket) => session(channel, step, maxPacket);
  const { channel } = await client.exec(`run www -- sh -c '${script}'`);
  const { id } = (channel as unknown as { outgoing: { id: number } }).outgoing;
  let used = 0;
  const take = ({ length }: Buffer) => {
    used += length;
    // What the server has at that moment waits for this.
    if (used % step === 0) setImmediate(() => protocol.channelWindowAdjust(id, step));
  };
  const texts = [channel, channel.stderr].map((output) => buffer(output.on('data', take)));
  const [exit, out, err] = await Promise.all([once(channel, 'exit'), ...texts]);
  expect(String(out)).toBe(`${row}\n`.repeat(150));
  expect(withoutWaiting(String(err))).toBe(
    `${Array.from({ length: 150 }, (_, index) => `${index}\n`).join('')}${row}\n`,
  );
  expect(exit[0]).toBe(4);
});

it('runs what was released when the workload names another image, and ends with its connection', async () => {
  const released = await project.image();
  await project.kubectl('set', 'image', 'deployment/www', 'www=busybox:other');
  {
    using _client = await longRun();
    const [pod] = await runPods();
    expect(pod?.spec.containers.map(({ image }) => image)).toEqual([released]);
    expect(pod?.metadata.name).toMatch(/^www-run-[0-9a-f]{8}$/);
  }
  await eventually(async () => (await runPods()).length === 0);
});

it('takes an image that has no shell, loses no line of it, and passes input on', async () => {
  const counted = await project.ssh('run', 'bare', '--', 'seq', '1', '500');
  expect(counted).toMatchObject({
    code: 0,
    stdout: Array.from({ length: 500 }, (_, index) => `${index + 1}\n`).join(''),
  });
  expect(await project.sshWith({ input: 'in\n' }, 'run', 'bare', '--', 'cat')).toMatchObject({
    code: 0,
    stdout: 'in\n',
  });
  using client = await project.connect();
  const { channel } = await client.exec('run bare -- seq 1 3', { pty: true });
  expect((await once(channel.resume(), 'exit'))[0]).toBe(0);
  const { code, output } = await project.ssh('run', 'bare', '--', 'nosuch');
  expect(output).toContain('exec: "nosuch": executable file not found');
  expect(code).toBe(125);
});

it('has the terminal of its client', async () => {
  using client = await project.connect();
  // The size comes to the container beside its input.
  const until = (size: string) => `until [ "$(stty size)" = "${size}" ]; do sleep 0.1; done; echo ${size}`;
  const script = `test -t 0 && ${until('37 101')} && read x && ${until('20 80')}`;
  const { channel } = await client.exec(`run www -- sh -c '${script}'`, { pty: { cols: 101, rows: 37 } });
  let seen = '';
  channel.on('data', (bytes: Buffer) => {
    seen += bytes;
  });
  const exit = once(channel, 'exit');
  await eventually(async () => seen === '37 101\r\n');
  channel.setWindow(20, 80, 0, 0);
  channel.write('\n');
  expect((await exit)[0]).toBe(0);
  expect(seen).toBe('37 101\r\n\r\n20 80\r\n');
});

it('ends by Ctrl-C, also a command that has no handler for it', async () => {
  using client = await project.connect();
  const { channel } = await client.exec("run www -- sh -c 'echo up; exec sleep 3600'", { pty: true });
  const exit = once(channel, 'exit');
  expect(String((await once(channel, 'data'))[0])).toBe('up\r\n');
  channel.write('\u0003');
  expect((await exit)[0]).toBe(130);
});

it('gives its command a variable whose name no shell has', async () => {
  const env = [{ name: 'a.b', value: '$$(c) d' }];
  const change = { spec: { template: { spec: { containers: [{ name: 'www', env }] } } } };
  await project.kubectl('patch', 'deployment', 'www', '-p', JSON.stringify(change));
  const { code, stdout } = await project.ssh('run', 'www', '--', 'env');
  expect(stdout.split('\n')).toContain('a.b=$(c) d');
  expect(code).toBe(0);
});

describe('that cannot run', () => {
  it.each([
    [['run', 'web', '--', 'ls'], 'has no container web\nhint: it has www/www, bare/bare\n'],
    [['run', 'www'], 'run needs a command: run www -- <command>\n'],
    [['run', 'www', 'ls', '-l'], 'run has no option -l\n'],
    [['run', 'kube-system/other', 'www', '--', 'ls'], 'no Remote kube-system/other accepts the key'],
  ])('%j is refused with 125', async (words, message) => {
    const { code, stdout, output } = await project.ssh(...words);
    expect(output).toContain(message);
    expect({ code, stdout }).toEqual({ code: 125, stdout: '' });
  });

  it('ends with the reason of Kubernetes, and leaves no pod', async () => {
    const missing = { env: [{ name: 'KEY', valueFrom: { secretKeyRef: { name: 'not-there', key: 'key' } } }] };
    const change = { spec: { template: { spec: { containers: [{ name: 'www', ...missing }] } } } };
    await project.kubectl('patch', 'deployment', 'www', '-p', JSON.stringify(change));
    const { code, output } = await project.ssh('run', 'www', '--', 'ls');
    expect(output).toMatch(/cannot be started: secret "not-there" not found\n/);
    expect(code).toBe(125);
    await eventually(async () => (await runPods()).length === 0);
  });
});

it('leaves no pod when the server is killed', async () => {
  await project.kubectl('set', 'env', 'deployment/www', 'KEY-');
  using _client = await longRun();
  await gitkube.kill();
  expect(await runPods()).toHaveLength(1);
  await gitkube.start();
  await eventually(async () => (await runPods()).length === 0);
});
