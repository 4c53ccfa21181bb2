/** What is said of a release beside its rollout: that it may not run on, and that it did not. */
import { expect, it } from 'vitest';
import { eventually } from '../support/eventually.ts';
import { Gate } from '../support/gate.ts';
import { Gitkube } from '../support/gitkube.ts';
import { appDockerfile, Project } from '../support/project.ts';

interface WatchedRemote {
  readonly status?: { readonly conditions?: readonly { readonly type: string; readonly message: string }[] };
}

interface Event {
  readonly type: string;
  readonly reason: string;
  readonly message: string;
}

const serve = 'httpd -f -p 8080 -h /www';

it('returns to the one before when it crashes later, by a deploy of its own, also after a restart of the server', async () => {
  await using gitkube = await Gitkube.start();
  await using project = await Project.create(gitkube, { spec: { rollout: { watchSeconds: 600 } } });
  const first = await project.push();
  expect(first.output).toMatch(
    /www: warning: one replica, .*; no resources requested, .*\nremote: +to leave such warnings out/,
  );
  const before = await project.image();
  await using gate = await Gate.make();
  // Runs as long as the gate is closed, and from then on ends each time that it is started.
  await project.writeApp('www', 'crashes', appDockerfile('', `${serve} & ${gate.pass}; echo out of memory; exit 3`));
  await project.commit('crashes later');
  const pushed = await project.push();
  expect(pushed.output).toContain('Released releases/2');
  expect(pushed.output).not.toContain('warning');
  const condition = async () => {
    const { status } = await project.remote<WatchedRemote>();
    return status?.conditions?.find(({ type }) => type === 'Watched')?.message ?? '';
  };
  await eventually(async () => (await condition()).startsWith('releases/2 is watched until '));
  await gitkube.stop();
  await gitkube.start();
  gate.open();

  const returned = /^releases\/2 returned to releases\/1, which runs as releases\/3: www: container www .* exited with/;
  await eventually(async () => returned.test(await condition()));
  expect([await project.image(), await project.page()]).toEqual([before, expect.stringContaining('www 1')]);
  const [deploy] = JSON.parse((await project.ssh('deploys', '--json')).stdout);
  expect(deploy).toMatchObject({
    trigger: { kind: 'watch', via: 'server' },
    by: { name: 'Gitkube' },
    verdict: { result: 'released', release: 3 },
  });
  const [release] = JSON.parse((await project.ssh('releases', '--json')).stdout);
  expect(release).toMatchObject({ release: 3, how: 'return from releases/2 to releases/1', by: { name: 'Gitkube' } });
  const { stdout } = await project.ssh('output');
  expect(stdout).toMatch(/releases\/2 is watched, and failed: www: container www[\s\S]*out of memory/);
  const isReturn = ({ type, reason, message }: Event) =>
    type === 'Warning' && reason === 'Returned' && message.includes('releases/2 returned to releases/1');
  await eventually(async () => (await project.list<Event>('/api/v1/events')).some(isReturn));
});
