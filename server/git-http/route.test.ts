import { expect, it } from 'vitest';
import { routeOf } from './route.ts';

const remote = { namespace: 'shop', name: 'web' };

it.each([
  ['GET', '/shop/web/info/refs?service=git-upload-pack', { remote, service: 'git-upload-pack', kind: 'refs' }],
  ['GET', '/shop/web.git/info/refs?service=git-receive-pack', { remote, service: 'git-receive-pack', kind: 'refs' }],
  ['POST', '/shop/web/git-receive-pack', { remote, service: 'git-receive-pack', kind: 'rpc' }],
  ['POST', '/shop/web.git/git-upload-pack', { remote, service: 'git-upload-pack', kind: 'rpc' }],
])('%s %s is one of the requests of smart HTTP', (method, url, route) => {
  expect(routeOf(method, url)).toEqual(route);
});

it.each([
  ['POST', '/shop/web/info/refs?service=git-upload-pack'],
  ['GET', '/shop/web/git-upload-pack'],
  ['HEAD', '/shop/web/info/refs?service=git-upload-pack'],
  ['OPTIONS', '*'],
  ['GET', '/shop/web/info/refs'],
  ['GET', '/shop/web/info/refs?service=git-upload-pack&service=git-receive-pack'],
  ['GET', '//shop/web/info/refs?service=git-upload-pack'],
  ['GET', 'http://other/shop/web/info/refs?service=git-upload-pack'],
  ['GET', '/shop/../web/info/refs?service=git-upload-pack'],
  ['GET', '/shop/%77eb/info/refs?service=git-upload-pack'],
  ['GET', '/Shop/web/info/refs?service=git-upload-pack'],
  ['GET', '/shop/.git/info/refs?service=git-upload-pack'],
  ['GET', '/shop/web/qa/info/refs?service=git-upload-pack'],
  ['GET', `/shop/${'a'.repeat(10_000)}/info/refs?service=git-upload-pack`],
  ['GET', '/shop/web/info/refs?service=git-upload-pack\n'],
  [undefined, undefined],
])('%s %s is nothing', (method, url) => {
  expect(routeOf(method, url)).toBeUndefined();
});
