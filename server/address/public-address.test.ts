import { describe, expect, it } from 'vitest';
import { PublicAddress } from './public-address.ts';

const remote = { namespace: 'default', name: 'www' };
const pending = { reason: 'NoLoadBalancerAddress', description: 'none yet' } as const;

describe('the public address', () => {
  it('is where the server listens, when nothing else is known', () => {
    const address = new PublicAddress(undefined);
    address.listensOn('::', 2222);
    expect(address.of(remote)).toEqual({ url: 'ssh://git@localhost:2222/default/www', description: '' });
  });

  it('is that of the Service, with its port unless it is 22, and follows it', () => {
    const address = new PublicAddress(undefined);
    let changes = 0;
    address.onChange(() => changes++);
    address.serviceSays(pending);
    address.listensOn('0.0.0.0', 2222);
    expect(address.of(remote)).toEqual({ url: '', ...pending });
    address.serviceSays({ address: '203.0.113.7:22' });
    expect(address.of(remote).url).toBe('ssh://git@203.0.113.7/default/www');
    address.serviceSays({ address: '[2001:db8::22]:2222' });
    expect(address.of(remote).url).toBe('ssh://git@[2001:db8::22]:2222/default/www');
    expect(changes).toBe(3);
  });

  it('that is configured wins', () => {
    const address = new PublicAddress('git.example.com:22');
    address.serviceSays(pending);
    expect(address.of(remote).url).toBe('ssh://git@git.example.com/default/www');
  });

  it('over HTTPS is what an operator says, whether or not there is one over SSH', () => {
    const address = new PublicAddress(undefined, 'https://git.example.com');
    expect(address.of(remote)).toEqual({ url: '', description: '', httpsUrl: 'https://git.example.com/default/www' });
    expect(address.httpsForm).toBe('https://git.example.com/<namespace>/<name>');
    address.serviceSays({ address: '203.0.113.7:22' });
    expect(address.of(remote)).toMatchObject({ url: 'ssh://git@203.0.113.7/default/www' });
    expect(new PublicAddress('git.example.com:22').httpsForm).toBe('ssh://git@git.example.com/<namespace>/<name>');
  });

  it('has a form for hints, with or without an address', () => {
    const address = new PublicAddress(undefined);
    expect(address.form).toBe('ssh://git@<host>:<port>/<namespace>/<name>');
    address.serviceSays({ address: '203.0.113.7:2222' });
    expect(address.form).toBe('ssh://git@203.0.113.7:2222/<namespace>/<name>');
  });
});
