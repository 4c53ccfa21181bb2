/** The live view of the Remotes while the API server is restarted; test/e2e/live-remotes.test.ts has the rest of it. */
import { expect, it, vi } from 'vitest';
import { systemClock } from '../../base/clock.ts';
import { silentLogger } from '../../base/log.ts';
import { createKube } from '../../kube/index.ts';
import { Remotes } from '../../remote-crd/index.ts';
import { restartApiServer } from '../cluster/rig.ts';
import { eventually } from '../support/eventually.ts';
import { mustKubectl, TestNamespace } from '../support/kubectl.ts';
import { rig } from '../support/rig.ts';
import { sshKeys } from '../support/ssh-keys.ts';

const soon = { timeout: 60_000, interval: 10 };
const ana = sshKeys.ed25519;

it('live Remotes are fresh again soon after the API server is back', async () => {
  await using namespace = await TestNamespace.create('live', { name: 'nobody' });
  const parts = { log: silentLogger, clock: systemClock };
  const kube = createKube({ kubeconfig: rig().kubeconfig, ...parts });
  await using remotes = new Remotes({ ...parts, kube, namespaces: [namespace.name] });
  await remotes.start(new AbortController().signal);
  const remote = (authorizedKeys: readonly string[]) => ({
    apiVersion: 'gitkube.sh/v1alpha1',
    kind: 'Remote',
    metadata: { name: 'www', namespace: namespace.name },
    spec: {
      registry: { url: 'docker.io/user' },
      deployments: [{ name: 'www', containers: [{ name: 'web' }] }],
      authorizedKeys,
    },
  });
  await mustKubectl(['apply', '-f', '-'], remote([]));
  await restartApiServer({ stateDir: rig().state, kubeconfig: rig().kubeconfig });
  await vi.waitFor(() => expect(remotes.watchRestarts).toBeGreaterThan(0), soon);
  await vi.waitFor(() => expect(remotes.healthy).toBe(true), soon);
  const withKey = remote([`${ana.type} ${ana.base64} ana@home`]);
  await eventually(() => mustKubectl(['apply', '-f', '-'], withKey));
  await vi.waitFor(() => expect(remotes.byFingerprint(ana.fingerprint)).toHaveLength(1), soon);
});
