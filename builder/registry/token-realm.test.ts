import { describe, expect, it } from 'vitest';
import { type RealmRules, tokenRealm } from './token-realm.ts';

const addresses: Record<string, string | readonly string[]> = {
  'r.example': '192.0.2.1',
  'auth.example': '192.0.2.2',
  'harbor.internal': '10.0.0.1',
  'auth.internal': '10.0.0.2',
  'loopback.example': '127.0.0.1',
  'everywhere.example': ['192.0.2.4', '10.0.0.3'],
  'nowhere.example': [],
};

/** @returns the realm's host, or the problem */
async function realm(text: string, change: Partial<RealmRules> = {}): Promise<string> {
  const resolve = async (hostname: string) => [addresses[hostname] ?? '192.0.2.3'].flat();
  const rules = { registry: 'r.example', plainHttp: false, trusted: false, insecureRegistries: [], resolve, ...change };
  const found = await tokenRealm(text, rules);
  return 'url' in found ? found.url.host : found.problem;
}

const insecure = { registry: '127.0.0.1:5000', plainHttp: true };
const inside = { registry: 'harbor.internal' };
const trusted = { trusted: true, insecureRegistries: ['auth.local:5001'] };

describe('the token service that a registry names', () => {
  it.each<[string, Partial<RealmRules>]>([
    ['https://r.example/token', {}],
    ['https://auth.example/token', {}],
    ['http://127.0.0.1:5000/token', insecure],
    ['https://auth.example/token', insecure],
    ['https://harbor.internal/service/token', inside],
    ['https://auth.internal/jwt/auth', inside],
    ['https://auth.internal/token', trusted],
    ['https://127.0.0.1:9/token', trusted],
    ['http://auth.local:5001/token', trusted],
  ])('may be %s for %j', async (text, change) => {
    expect(await realm(text, change)).toBe(new URL(text).host);
  });

  it.each<[string, Partial<RealmRules>]>([
    ['', {}],
    ['token', {}],
    ['file:///etc/passwd', {}],
    ['https://ann:secret@auth.example/', {}],
    ['http://auth.example/token', {}],
    ['http://r.example/token', {}],
    ['http://127.0.0.1:8080/admin', {}],
    ['http://127.0.0.1:8080/admin', insecure],
    ['http://localhost:5000/token', insecure],
    ['https://127.0.0.1:8443/admin', {}],
    ['https://127.0.0.1:8443/admin', insecure],
    ['https://2130706433/', {}],
    ['https://0/', {}],
    ['https://[::1]/', {}],
    ['https://[::ffff:127.0.0.1]/', {}],
    ['https://[64:ff9b::7f00:1]/', {}],
    ['https://169.254.169.254/latest/meta-data/', {}],
    ['https://[fe80::1]/', inside],
    ['https://loopback.example/', {}],
    ['https://loopback.example/', inside],
    ['https://10.0.0.1/', {}],
    ['https://auth.internal/', {}],
    ['https://auth.internal/', insecure],
    ['https://auth.internal/', { registry: 'everywhere.example' }],
    ['https://auth.internal/', { registry: 'nowhere.example' }],
    ['https://everywhere.example/', {}],
    ['https://nowhere.example/', {}],
    ['http://auth.local:5001/token', { insecureRegistries: ['auth.local:5001'] }],
    ['http://auth.internal/token', trusted],
  ])('may not be %s for %j', async (text, change) => {
    expect(await realm(text, change)).toMatch(/^names (?:no|a) token service/);
  });
});
