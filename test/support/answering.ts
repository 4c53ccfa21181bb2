import http from 'node:http';
import type https from 'node:https';
import type { AddressInfo } from 'node:net';

export interface Answer {
  readonly status: number;
  readonly headers?: http.OutgoingHttpHeaders;
  readonly body?: string;
}

/** @param host the server's own, as the client wrote it; undefined: hangs up */
export type Answering = (request: http.IncomingMessage, host: string) => Answer | undefined;

/** Servers on this machine that answer what a test says. */
export class AnsweringServers {
  readonly #servers: (http.Server | https.Server)[] = [];

  /** @returns `host:port` */
  serve(answer: Answering): Promise<string> {
    return this.listen(
      http.createServer((request, response) => {
        const given = answer(request, request.headers.host ?? '');
        if (given === undefined) return void request.socket.destroy();
        response.writeHead(given.status, given.headers).end(given.body);
      }),
    );
  }

  /** @returns `host:port` */
  async listen(server: http.Server | https.Server): Promise<string> {
    this.#servers.push(server);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return `127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  close(): void {
    for (const server of this.#servers.splice(0)) server.close().closeAllConnections();
  }
}
