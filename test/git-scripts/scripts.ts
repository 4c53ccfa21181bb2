/** The scripts of git about smart HTTP (t/ of its source). */
export const scripts = [
  't5539-fetch-http-shallow',
  't5541-http-push-smart',
  't5542-push-http-shallow',
  't5545-push-options',
  't5548-push-porcelain',
  't5549-fetch-push-http',
  't5551-http-fetch-smart',
  't5581-http-curl-verbose',
  't5700-protocol-v1',
  't5702-protocol-v2',
] as const;

export type Script = (typeof scripts)[number];

/** What else of git's tests has to do with HTTP, and why it is not run. */
export const notRun: Readonly<Record<string, string>> = {
  't0410, t5500, t5510, t5537, t5601, t5616, t5703, t5812':
    'have a few tests each of which the most need a program of Apache; the others do what those above do',
  t5411: 'sets `receive.procReceiveRefs` and the hook for it in its repository: those of a Remote are those of Gitkube',
  't5540, t5550': 'WebDAV and dumb HTTP, with which git needs files and no service',
  't5555, t5560, t5561, t5562': 'git http-backend itself, without a server or with one for files',
  't5557, t5558': 'bundles, which are files of a web server',
  t5559: 't5551 with HTTP/2: the door speaks HTTP/1.1',
  't5563 (git 2.40 and later)':
    'the challenges of several authentication schemes, which a program of Apache sends: the door has the one of Basic',
};
