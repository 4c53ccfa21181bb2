import { expect, it } from 'vitest';
import { ClassicOutput } from './classic-output.ts';

// As Docker 20.10 sends it.
const streams = [
  'Step 1/3 : FROM scratch',
  '\n',
  ' ---> \n',
  'Step 2/3 : COPY busybox /bin/busybox',
  '\n',
  ' ---> Using cache\n',
  ' ---> 4ad973916b72\n',
  'Step 3/3 : RUN ["/bin/busybox","echo"]',
  '\n',
  ' ---> Running in 0e907e73ed37\n',
  '\u001b[91merr\n\u001b[0m',
  'hi\n',
  'Removing intermediate container 0e907e73ed37\n',
];

it('the text of the classic builder becomes steps and logs', () => {
  const output = new ClassicOutput();
  const events = [
    ...streams.flatMap((stream) => output.events({ stream })),
    ...output.events({ error: 'returned a non-zero code: 3', errorDetail: { code: 3 } }),
  ];
  const run = '[3/3] RUN ["/bin/busybox","echo"]';
  expect(
    events.map((event) => (event.kind === 'log' ? String(event.text) : { ...event, kind: undefined, id: undefined })),
  ).toEqual([
    { name: '[1/3] FROM scratch', state: 'running', cached: false },
    { name: '[1/3] FROM scratch', state: 'done', cached: false },
    { name: '[2/3] COPY busybox /bin/busybox', state: 'running', cached: false },
    { name: '[2/3] COPY busybox /bin/busybox', state: 'done', cached: true },
    { name: run, state: 'running', cached: false },
    '\u001b[91merr\n\u001b[0m',
    'hi\n',
    { name: run, state: 'done', cached: false, error: 'returned a non-zero code: 3' },
  ]);
});

it('a warning of the classic builder is passed on without blaming the last step', () => {
  const output = new ClassicOutput();
  output.events({ stream: 'Step 1/1 : FROM scratch' });
  expect(output.events({ stream: '[Warning] One or more build-args [V] were not consumed\n' })).toEqual([
    { kind: 'warning', text: 'One or more build-args [V] were not consumed' },
  ]);
});
