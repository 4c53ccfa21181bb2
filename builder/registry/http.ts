import { isIPv6 } from 'node:net';
import type { Readable } from 'node:stream';
import { plain } from '../../base/text.ts';

export interface RegistryInit {
  readonly method: string;
  readonly headers?: Record<string, string>;
  /** A stream needs a `content-length`. */
  readonly body?: Buffer | string | Readable;
  readonly signal: AbortSignal;
}

const maxErrorBytes = 64 * 1024;

/** Whether plain HTTP may be spoken to `host[:port]`: loopback, or named by the operator. */
export function isInsecure(host: string, insecureRegistries: readonly string[]): boolean {
  if (insecureRegistries.includes(host)) return true;
  const name = URL.parse(`http://${host}`)?.hostname ?? '';
  const address = name.replace(/^\[|\]$/g, '');
  return name === 'localhost' || /^127(?:\.\d{1,3}){3}$/.test(name) || (isIPv6(address) && address === '::1');
}

/** At most so many bytes of a body; the rest is not read. */
export async function limitedText(response: Response, max = maxErrorBytes): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of response.body ?? []) {
    chunks.push(chunk);
    size += chunk.length;
    if (size >= max) break;
  }
  return Buffer.concat(chunks).subarray(0, max).toString('utf8');
}

/**
 * What a registry says is wrong: `DENIED: requested access …`. Only what has the shape of the API's errors is passed on,
 * so that pointing a Remote at some other server shows nothing of that server's answer.
 */
export function registryErrorText(body: string): string {
  try {
    const { errors } = JSON.parse(body) as { errors?: { code?: unknown; message?: unknown; detail?: unknown }[] };
    const first = errors?.[0];
    if (typeof first?.code !== 'string') return '';
    if (isFull(first.detail)) return 'no space left on its disk';
    return plain(typeof first.message === 'string' ? `${first.code}: ${first.message}` : first.code, 300);
  } catch {
    return '';
  }
}

/** The distribution registry calls a full disk `UNKNOWN` and leaves the rest to the detail: a text, or an errno of Linux. */
function isFull(detail: unknown): boolean {
  const text = JSON.stringify(detail) ?? '';
  return /no space left on device|disk quota exceeded|"Err":(?:28|122)\b/.test(text);
}
