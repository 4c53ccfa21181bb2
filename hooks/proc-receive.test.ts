import { duplexPair } from 'node:stream';
import { expect, it } from 'vitest';
import { flush, pktLine } from './pkt-line.ts';
import { readProcReceive } from './proc-receive.ts';

const oid = 'a'.repeat(40);
const zero = '0'.repeat(40);
const greeting = [pktLine('version=1\0push-options\n'), flush];
const commands = [pktLine(`${zero} ${oid} refs/heads/main\n`), flush];

function read(...bytes: Buffer[]) {
  const [git, server] = duplexPair();
  const reading = readProcReceive(server);
  for (const part of bytes) git.write(part);
  return reading;
}

it('proc-receive gets the commands of git', async () => {
  const expected = [{ oldOid: zero, newOid: oid, ref: 'refs/heads/main' }];
  expect(await read(...greeting, ...commands)).toEqual(expected);
  expect(await read(Buffer.concat([...greeting, ...commands]))).toEqual(expected);
});

it('proc-receive gets no commands when git has given up on the hook', async () => {
  expect(await read(Buffer.concat([...greeting, ...commands, flush]))).toBeUndefined();
});
