import { expect, it } from 'vitest';
import { discovery } from './discovery.ts';
import type { Transport } from './transport.ts';

it('an answer that is not JSON is reported as that of another server than the API server', async () => {
  const send = async () => ({ status: 200, headers: {}, body: '<html>log in here</html>' });
  const transport = { send, url: (path: string) => new URL(path, 'https://cluster') };
  const { resourceKind, serverVersions } = discovery(transport as unknown as Transport);
  const unavailable = { reason: 'ClusterUnavailable', message: expect.stringContaining('not JSON') };
  await expect(resourceKind('apps/v1', 'Deployment')).rejects.toMatchObject(unavailable);
  await expect(serverVersions()).rejects.toMatchObject(unavailable);
});
