/** What a proxy does that keeps pushes from coming through, or what they print. */
export type Trouble = 'body' | 'request' | 'response' | 'time';

interface Proxy {
  readonly name: string;
  /** Of its header `server`, as far as it has one. */
  readonly server: RegExp | undefined;
  readonly settings: Readonly<Partial<Record<Trouble, string>>>;
}

const proxies: readonly Proxy[] = [
  {
    name: 'nginx',
    server: /nginx|openresty/i,
    settings: {
      body: 'client_max_body_size 0;',
      request: 'proxy_http_version 1.1; proxy_set_header Connection ""; proxy_request_buffering off;',
      response: 'proxy_buffering off;',
      time: 'proxy_read_timeout 1h; proxy_send_timeout 1h;',
    },
  },
  {
    name: 'ingress-nginx (https.ingress.annotations)',
    server: /nginx/i,
    settings: {
      body: 'nginx.ingress.kubernetes.io/proxy-body-size: "0"',
      request: 'nginx.ingress.kubernetes.io/proxy-request-buffering: "off"',
      response: 'nginx.ingress.kubernetes.io/proxy-buffering: "off"',
      time: 'nginx.ingress.kubernetes.io/proxy-read-timeout: "3600"',
    },
  },
  {
    name: 'a Gateway (Envoy and others)',
    server: /envoy/i,
    settings: { time: 'timeouts.request: 0s in the HTTPRoute, which that of https.route has' },
  },
  {
    name: 'Traefik',
    server: undefined,
    settings: {
      body: 'no middleware `buffering` with maxRequestBodyBytes',
      request: 'no middleware `buffering`',
      response: 'no middleware `buffering`',
      time: 'transport.respondingTimeouts.readTimeout: 0 and writeTimeout: 0 of the entry point',
    },
  },
  {
    name: 'HAProxy',
    server: undefined,
    settings: { request: 'no option http-buffer-request', time: 'timeout server 1h' },
  },
  {
    name: 'Caddy',
    server: /caddy/i,
    settings: {
      body: 'no request_body max_size',
      request: 'no request_buffers',
      response: 'flush_interval -1, and no response_buffers',
      time: 'no read_timeout and write_timeout',
    },
  },
];

/** What to set in whatever stands in front: of one that names itself, that alone. */
export function fixesInFront(trouble: Trouble, server: string): string[] {
  const known = proxies.filter((proxy) => proxy.server?.test(server));
  const settings = (known.length > 0 ? known : proxies).flatMap(({ name, settings }) => {
    const setting = settings[trouble];
    return setting === undefined ? [] : [`in ${name}, set: ${setting}`];
  });
  return [...settings, 'docs/guides/https.md has all that a proxy needs'];
}
