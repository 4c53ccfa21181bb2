import { expect, it } from 'vitest';
import { requireUrl } from './connect.ts';

it.each([
  'ssh://git@host.example/team-a/app',
  'ssh://git@[2001:db8::1]:2222/team-a/app.web',
  'ssh://git@10.0.0.1:31000/a/b',
])('the URL of a Remote is passed to git: %s', (url) => expect(requireUrl('team-a/app', url)).toBe(url));

it.each([
  'ext::sh -c id',
  '--mirror=push',
  'https://host.example/team-a/app',
  'ssh://-oProxyCommand=id/app',
  'ssh://git@host/a/b\u001b[2J',
  'ssh://git@host/a/b\n--x',
])('another URL in its status is not: %s', (url) => {
  expect(() => requireUrl('team-a/app', url)).toThrow('the status of remote team-a/app has no URL of Gitkube: ');
});
