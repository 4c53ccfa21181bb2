import type { Duplex } from 'node:stream';
import { ownString } from '../base/text.ts';
import { parseCommand, type RefCommand } from './commands.ts';

/** What pre-receive sends: NUL-separated environment, an empty field, the ref lines, NUL. */
export interface PreReceiveRequest {
  readonly commands: readonly RefCommand[];
  readonly pushOptions: readonly string[];
  /** The variables with which a git process sees the objects in quarantine. */
  readonly quarantine: Readonly<Record<string, string>>;
}

// A push of 10,000 refs is about a megabyte; more is no push that deploys.
const MAX_BYTES = 4 * 1024 * 1024;
const QUARANTINE = ['GIT_OBJECT_DIRECTORY', 'GIT_ALTERNATE_OBJECT_DIRECTORIES', 'GIT_QUARANTINE_PATH'];

/** Resolves when pre-receive has said everything; undefined when the socket ends before (nothing was received). */
export function readPreReceiveRequest(socket: Duplex): Promise<PreReceiveRequest | undefined> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    const finish = (result: () => void) => {
      socket.off('data', onData).off('end', onEnd).off('close', onEnd);
      socket.resume();
      result();
    };
    const onEnd = () => finish(() => resolve(undefined));
    const onData = (chunk: Buffer) => {
      chunks.push(chunk);
      bytes += chunk.length;
      if (bytes > MAX_BYTES) return finish(() => reject(new RangeError('too many refs in one push')));
      // The last byte is the NUL behind the ref lines; a NUL that ends a chunk earlier belongs to the environment.
      if (chunk.at(-1) !== 0) return;
      const fields = Buffer.concat(chunks).toString('utf8').split('\0');
      const gap = fields.indexOf('');
      if (gap < 0 || fields.length < gap + 3) return;
      finish(() => {
        try {
          resolve(parsePreReceiveRequest(fields.slice(0, gap), fields[gap + 1] ?? ''));
        } catch (error) {
          // Thrown on, it would end the server: this is an event handler.
          reject(error);
        }
      });
    };
    socket.on('data', onData).on('end', onEnd).on('close', onEnd);
  });
}

function parsePreReceiveRequest(variables: readonly string[], lines: string): PreReceiveRequest {
  const env = new Map(
    variables.map((entry) => [entry.slice(0, entry.indexOf('=')), entry.slice(entry.indexOf('=') + 1)]),
  );
  const optionCount = Number(env.get('GIT_PUSH_OPTION_COUNT') ?? 0);
  return {
    // A commit is remembered as long as its release; it must not keep thousands of tags that were pushed with it.
    commands: lines
      .split('\n')
      .filter(Boolean)
      .map((line) => parseCommand(ownString(line))),
    pushOptions: Array.from({ length: optionCount }, (_, i) => env.get(`GIT_PUSH_OPTION_${i}`) ?? ''),
    quarantine: Object.fromEntries(QUARANTINE.flatMap((name) => (env.has(name) ? [[name, env.get(name) ?? '']] : []))),
  };
}
