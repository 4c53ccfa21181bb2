import { plain } from '../../base/text.ts';
import { callEngine } from './engine-api.ts';
import { RigError } from './rig-error.ts';

/** Everything that a rig makes in an engine has this label, with the rig's name. */
const label = 'gitkube.rig';

export async function createNetwork(socket: string, rig: string): Promise<void> {
  await callEngine(socket, '/networks/create', { method: 'POST', json: { Name: rig, Labels: { [label]: rig } } });
}

/** Removes the containers, their volumes and the network of a rig. */
export async function removeContainers(socket: string, rig: string): Promise<void> {
  const filters = encodeURIComponent(JSON.stringify({ label: [`${label}=${rig}`] }));
  const containers: { Id: string }[] = JSON.parse(
    await callEngine(socket, `/containers/json?all=1&filters=${filters}`),
  );
  for (const { Id } of containers) {
    await callEngine(socket, `/containers/${Id}?force=1&v=1`, { method: 'DELETE', accept: [404] });
  }
  const networks: { Id: string }[] = JSON.parse(await callEngine(socket, `/networks?filters=${filters}`));
  for (const { Id } of networks) await callEngine(socket, `/networks/${Id}`, { method: 'DELETE', accept: [404] });
}

/** Pulls an image unless the engine has it. */
export async function pull(socket: string, image: string): Promise<void> {
  const there = await callEngine(socket, `/images/${image}/json`).catch(() => undefined);
  const [, repository, tag] = /^(.*):([^:/]+)$/.exec(image) ?? [undefined, image, 'latest'];
  if (there !== undefined) return;
  await callEngine(socket, `/images/create?fromImage=${repository}&tag=${tag}`, { method: 'POST', timeout: 300_000 });
}

/** What makes a container of a rig, in the rig's network, reachable from this machine and from nowhere else. */
export function published(port: string, rig: string) {
  return {
    Labels: { [label]: rig },
    ExposedPorts: { [port]: {} },
    HostConfig: { NetworkMode: rig, PortBindings: { [port]: [{ HostIp: '127.0.0.1', HostPort: '' }] } },
  };
}

export async function createContainer(socket: string, name: string, json: object): Promise<string> {
  return JSON.parse(await callEngine(socket, `/containers/create?name=${name}`, { method: 'POST', json })).Id;
}

export async function startContainer(socket: string, container: string): Promise<void> {
  await callEngine(socket, `/containers/${container}/start`, { method: 'POST' });
}

interface Inspection {
  readonly State: { readonly Running: boolean };
  readonly NetworkSettings: {
    readonly Networks: Readonly<Record<string, { readonly IPAddress: string; readonly Gateway: string }>>;
    readonly Ports: Readonly<Record<string, readonly { readonly HostPort: string }[] | null>>;
  };
}

export async function inspect(socket: string, container: string): Promise<Inspection> {
  return JSON.parse(await callEngine(socket, `/containers/${container}/json`));
}

/** `host:port` where a published port of a running container is reached. */
export async function publishedAt(socket: string, container: string, port: string): Promise<string> {
  const hostPort = (await inspect(socket, container)).NetworkSettings.Ports[port]?.[0]?.HostPort;
  if (!hostPort) throw new RigError(`port ${port} of container ${container} is not published`);
  return `127.0.0.1:${hostPort}`;
}

/** The last lines that a container has written. */
export async function lastContainerLines(socket: string, container: string): Promise<string[]> {
  const body = await callEngine(socket, `/containers/${container}/logs?stdout=1&stderr=1&tail=8`);
  // Each line comes behind a header of eight bytes, which `plain` makes visible.
  return body.split('\n').flatMap((line) => (line.length > 8 ? [plain(line.slice(8))] : []));
}
