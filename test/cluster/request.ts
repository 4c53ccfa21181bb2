import http from 'node:http';
import https from 'node:https';

export interface RequestOptions extends https.RequestOptions {
  readonly body?: string | AsyncIterable<Uint8Array> | Iterable<Uint8Array>;
}

export interface Response {
  readonly status: number;
  readonly body: string;
}

/** One HTTP request, over TCP or over a unix socket (`socketPath`), without connections that outlive it. */
export function request(url: string, { body, ...options }: RequestOptions = {}): Promise<Response> {
  return new Promise((resolve, reject) => {
    const client = url.startsWith('https:') ? https : http;
    const outgoing = client.request(url, { agent: false, timeout: 10_000, ...options }, (incoming) => {
      const chunks: Buffer[] = [];
      incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
      incoming.on('error', reject);
      incoming.on('end', () => resolve({ status: incoming.statusCode ?? 0, body: Buffer.concat(chunks).toString() }));
    });
    outgoing.on('timeout', () => outgoing.destroy(new Error('no answer within 10 s')));
    outgoing.on('error', reject);
    send(outgoing, body).catch((error: Error) => outgoing.destroy(error));
  });
}

async function send(outgoing: http.ClientRequest, body: RequestOptions['body']): Promise<void> {
  if (body === undefined || typeof body === 'string') {
    outgoing.end(body);
    return;
  }
  for await (const chunk of body) outgoing.write(chunk);
  outgoing.end();
}
