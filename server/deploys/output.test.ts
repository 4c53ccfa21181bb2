import { describe, expect, it } from 'vitest';
import { editRemote } from '../../base/edit-remote.ts';
import { GitkubeError, shuttingDown } from '../../base/errors.ts';
import { askServer, gitPush, remoteUrl } from '../../base/server-hints.ts';
import type { Remote } from '../../remote-crd/index.ts';
import { shortReason } from '../receive/push-output.ts';
import { OutputLines, textOf } from './output.ts';

function failure(error: GitkubeError): string[] {
  const lines: string[] = [];
  const output = new OutputLines({ namespace: 'shop', name: 'app' });
  output.readBy((line) => lines.push(textOf(line)));
  output.failure(error, 'push-1');
  return lines;
}

describe('what the pusher reads of a failure', () => {
  it('is the evidence, then the error, then what to type', () => {
    const error = new GitkubeError('ContainerCrashed', 'www: exited with code 1', {
      evidence: ['boom'],
      hint: 'fix it',
    });
    expect(failure(error)).toEqual(['  | boom', 'error: www: exited with code 1', 'hint: fix it']);
  });

  it('names the Remote of the deploy in a hint that leads to it', () => {
    const error = new GitkubeError('RolloutTimeout', 'not ready', { hint: `raise spec.rollout.x: ${editRemote}` });
    expect(failure(error).at(-1)).toBe('hint: raise spec.rollout.x: kubectl -n shop edit remote app');
  });

  it('names the server and the Remote in a command, as they are reached by who asked for the deploy', () => {
    const lines: string[] = [];
    const way = () => ({ urlForm: 'ssh://git@host:2222/<namespace>/<name>' });
    const output = new OutputLines({ namespace: 'shop', name: 'app' }, { way });
    output.readBy((line) => lines.push(textOf(line)));
    output.stage(`to deploy, type: git push ${remoteUrl()} HEAD:main`);
    output.failure(new GitkubeError('RefRefused', 'no', { hint: askServer('status shop/app') }), 'push-1');
    expect(lines).toEqual([
      'to deploy, type: git push ssh://git@host:2222/shop/app HEAD:main',
      'error: no',
      'hint: ssh -p 2222 git@host status shop/app',
    ]);
  });

  it('links to what is written about its reason, where that is', () => {
    const lines: string[] = [];
    const output = new OutputLines({ namespace: 'shop', name: 'app' }, { docsUrl: 'https://example.com/errors.md' });
    output.readBy((line) => lines.push(textOf(line)));
    output.failure(new GitkubeError('BuildFailed', 'it failed', { hint: 'fix it' }), 'push-1');
    expect(lines.at(-1)).toBe('hint: more about this: https://example.com/errors.md#buildfailed');
  });

  it('of something that may pass says so', () => {
    expect(failure(new GitkubeError('RegistryUnavailable', 'no answer')).at(-1)).toBe(
      'hint: push again: this may pass',
    );
  });

  it('of a deploy that a command has asked for, says to type that again', () => {
    const lines: string[] = [];
    const output = new OutputLines({ namespace: 'shop', name: 'app' }, { isPush: false });
    output.readBy((line) => lines.push(textOf(line)));
    output.failure(new GitkubeError('ClusterUnavailable', 'no answer'), 'one');
    output.failure(shuttingDown(), 'two');
    expect(lines.filter((line) => line.startsWith('hint'))).toEqual([
      'hint: type it again: this may pass',
      'hint: type it again in a moment',
    ]);
  });

  it('names the folder of its manifests, where a Remote has some, for what is in a workload', () => {
    const hint = 'correct it in the pod template: kubectl -n shop edit deployment www';
    const error = new GitkubeError('ContainerConfigError', 'not started', { hint });
    const said = (manifests?: Remote['manifests'], held?: string) => {
      const output = new OutputLines({ namespace: 'shop', name: 'app', ...(manifests && { manifests }) });
      const lines: string[] = [];
      if (held !== undefined) output.manifestsHold([{ kind: 'Deployment', name: held }]);
      output.readBy(({ kind, text }) => kind === 'hint' && lines.push(text));
      output.failure(error, 'push-1');
      return lines;
    };
    expect(said()).toEqual([hint]);
    const manifests = { path: 'k8s' } as Remote['manifests'];
    expect(said(manifests)).toEqual(['correct it in the pod template, in k8s']);
    expect(said(manifests, 'www')).toEqual(['correct it in the pod template, in k8s']);
    expect(said(manifests, 'api')).toEqual([hint]);
  });

  it('of something that may pass says so only once', () => {
    expect(failure(shuttingDown())).toEqual(['error: the server is restarting', 'hint: push again in a moment']);
  });

  it('of a fault of Gitkube names the push and nothing internal', () => {
    const error = new GitkubeError('Internal', 'something went wrong inside Gitkube', {
      cause: new Error('/secret/path'),
    });
    expect(failure(error).join('\n')).toContain('push-1');
    expect(failure(error).join('\n')).not.toContain('secret');
  });

  it('is shortened for the last line of git: without the pod, then without its middle: the cause is at the end', () => {
    const short = (message: string) => shortReason(new GitkubeError('RolloutTimeout', message));
    const long = 'x'.repeat(90);
    expect(short('www: container a in pod www-1 exited')).toBe('www: container a in pod www-1 exited');
    expect(short(`www: container a in pod www-1-${long} exited`)).toBe('www: container a exited');
    expect(short(`www: 0 of 1 ready, waiting for www-1: container a runs ${'x'.repeat(70)}`)).toBe(
      `www: 0 of 1 ready, container a runs ${'x'.repeat(70)}`,
    );
    const noNode = `0/1 nodes are available: 1 node(s) didn't match Pod's node affinity/selector`;
    expect(short(`www: pod www-5d4f8c7b9-x2x4z cannot be scheduled: ${noNode}`)).toBe(
      `www: cannot be scheduled: ${noNode}`,
    );
    const field = '.spec.template.spec.containers[name="www"].env[name="WORKERS"].value: expected string, got 4';
    expect(short(`k8s/app.yaml: the API server refuses Deployment/www: ${field}`)).toMatch(
      /^k8s\/app\.yaml: Deployment\/www … \.(?:spec\.)?template\.spec\..* got 4$/,
    );
    const values = 'helm cannot render k8s: k8s/templates/cm.yaml:5:24: .Values.db.host is not set';
    expect(short(`${values} (nil pointer evaluating interface {}.host)`)).toBe(values);
    const cut = short(`www: the cluster says ${'many words, '.repeat(20)}and last: connection refused`);
    expect(cut).toMatch(/^www: the cluster says many words, many … .*, and last: connection refused$/);
    expect(cut.length).toBeLessThanOrEqual(120);
    const failed = (message: string, said: string) => shortReason(new GitkubeError('BuildFailed', message, { said }));
    expect(failed('www: exited with code 1', 'Error: no db')).toBe('www: exited with code 1: Error: no db');
    expect(failed('task up failed with exit code 1 after 2 s; no workload was changed', 'no table')).toBe(
      'task up failed with exit code 1 after 2 s: no table',
    );
    expect(failed('www: exited: Error: no db', 'Error: no db')).toBe('www: exited: Error: no db');
    expect(failed('the build of w failed at Dockerfile line 2: exit code 1: RUN make', 'a.c:7: error: no x')).toBe(
      'the build of w failed at Dockerfile line 2: exit code 1: a.c:7: error: no x',
    );
    expect(failed(`the build of www/${long} failed at Dockerfile line 2: exit code 1`, `Error: ${long}`)).toMatch(
      /^Dockerfile line 2: exit code 1: Error: x+…$/,
    );
  });

  it('cannot move the cursor, forge a line or turn text around', () => {
    const error = new GitkubeError('BuildFailed', 'a\u001b[2Jb\r\nerror: forged\u202e', {
      evidence: ['\u001b]0;title\u0007x'],
    });
    expect(failure(error)).toEqual(['  | x', 'error: ab\ufffd\ufffderror: forged\ufffd']);
    expect(shortReason(error)).not.toMatch(/[\r\n\u001b]/);
  });
});

describe('the output of a deploy', () => {
  it('names the server also in hints that are evidence of another error', () => {
    const output = new OutputLines(
      { namespace: 'shop', name: 'app' },
      { way: () => ({ urlForm: 'ssh://git@host:2222/<namespace>/<name>' }) },
    );
    const lines: string[] = [];
    output.readBy((line) => void lines.push(textOf(line)));
    output.failure(new GitkubeError('RollbackFailed', 'failed', { evidence: [gitPush({ to: 'main' })] }), 'push-1');
    expect(lines[0]).toBe('  | git push ssh://git@host:2222/shop/app HEAD:refs/heads/main');
  });

  it('goes to each reader, from when it begins to read to when it ends that', () => {
    const output = new OutputLines({ namespace: 'shop', name: 'app' });
    const first: string[] = [];
    const second: string[] = [];
    const leave = output.readBy((line) => first.push(textOf(line)));
    output.stage('Building www');
    output.readBy((line) => second.push(textOf(line)));
    output.say('step 1 of 2');
    leave();
    output.say('step 2 of 2');
    expect(first).toEqual(['Building www', '  step 1 of 2']);
    expect(second).toEqual(['  step 1 of 2', '  step 2 of 2']);
  });
});
