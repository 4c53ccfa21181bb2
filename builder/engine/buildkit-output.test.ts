import { describe, expect, it } from 'vitest';
import type { BuildEvent } from './build-events.ts';
import { buildkitEvents } from './buildkit-output.ts';

// Recorded from Docker 20.10: a cached COPY, a RUN that prints `grün` and exits with 3.
const recorded = [
  'CtYBCkdzaGEyNTY6OTM2ZjdlZTE5ZDIzZWU5ZjIyMjBhMGIzODczMWZkZmYyYmEwNjUzMzEyYzc2OWJmYzg1Y2NjYTQzMzE0NDZlYxJHc2hhMjU2OmUzMDA3ZDUyOTY5YmZlMGNmZDUyYmE3YWFlMGI2NmY0ZjExYTJhNWI0ODlmMTZmYmUzZTE0NmU0NTljZWYwNDUaJFtiYXNlIDEvMV0gQ09QWSBidXN5Ym94IC9iaW4vYnVzeWJveCABKgwIs9GF2AYQg/nQpQIyDAiz0YXYBhCmi9OlAgrfAQpHc2hhMjU2Ojg4ODcyMDIyZGVkMzJlYTNkYWE3NjhhZjhhMTNmYmU5MDZkYzJiNmE1NmIzYzdkNGMyYTc2ZDVjY2E2ZWZiYmISR3NoYTI1Njo5MzZmN2VlMTlkMjNlZTlmMjIyMGEwYjM4NzMxZmRmZjJiYTA2NTMzMTJjNzY5YmZjODVjY2NhNDMzMTQ0NmVjGj1bb25lIDEvMV0gUlVOIFsiL2Jpbi9idXN5Ym94Iiwic2giLCItYyIsImVjaG8gZ3LDvG47IGV4aXQgMyJdKgwIs9GF2AYQuNfZpQI=',
  'GmEKR3NoYTI1Njo4ODg3MjAyMmRlZDMyZWEzZGFhNzY4YWY4YTEzZmJlOTA2ZGMyYjZhNTZiM2M3ZDRjMmE3NmQ1Y2NhNmVmYmJiEgwIs9GF2AYQp8f1xQIYASIGZ3LDvG4K',
  'CrwCCkdzaGEyNTY6ODg4NzIwMjJkZWQzMmVhM2RhYTc2OGFmOGExM2ZiZTkwNmRjMmI2YTU2YjNjN2Q0YzJhNzZkNWNjYTZlZmJiYhJHc2hhMjU2OjkzNmY3ZWUxOWQyM2VlOWYyMjIwYTBiMzg3MzFmZGZmMmJhMDY1MzMxMmM3NjliZmM4NWNjY2E0MzMxNDQ2ZWMaPVtvbmUgMS8xXSBSVU4gWyIvYmluL2J1c3lib3giLCJzaCIsIi1jIiwiZWNobyBncsO8bjsgZXhpdCAzIl0qDAiz0YXYBhC419mlAjIMCLPRhdgGEPuMkc4COk1leGVjdXRvciBmYWlsZWQgcnVubmluZyBbL2Jpbi9idXN5Ym94IHNoIC1jIGVjaG8gZ3LDvG47IGV4aXQgM106IGV4aXQgY29kZTogMw==',
];

const messages = recorded.map((aux) => ({ id: 'moby.buildkit.trace', aux }));

describe('buildkitEvents', () => {
  it('reads steps, output and errors of a recorded build', () => {
    const run = '[one 1/1] RUN ["/bin/busybox","sh","-c","echo grün; exit 3"]';
    const copy = '[base 1/1] COPY busybox /bin/busybox';
    const events: BuildEvent[] = messages.flatMap(buildkitEvents);
    expect(events.map((event) => ({ ...event, id: '', ...('tookMs' in event ? { tookMs: 0 } : {}) }))).toEqual([
      { kind: 'step', id: '', name: copy, state: 'done', cached: true, tookMs: 0 },
      { kind: 'step', id: '', name: run, state: 'running', cached: false },
      { kind: 'log', id: '', text: Buffer.from('grün\n') },
      {
        kind: 'step',
        id: '',
        name: run,
        state: 'done',
        cached: false,
        tookMs: 0,
        error: 'executor failed running [/bin/busybox sh -c echo grün; exit 3]: exit code: 3',
      },
    ]);
  });

  it('takes the time of a step from the engine', () => {
    const [step] = messages.slice(2).flatMap(buildkitEvents);
    expect(step).toMatchObject({ tookMs: expect.closeTo(84.794, 2) });
  });

  it('ignores other messages', () => {
    expect(buildkitEvents({ id: 'moby.image.id', aux: { ID: 'sha256:0' } })).toEqual([]);
    expect(buildkitEvents({ stream: 'Step 1/2' })).toEqual([]);
  });

  it('does not take half a message for a whole one', () => {
    const aux = Buffer.from(recorded[0] ?? '', 'base64')
      .subarray(0, 50)
      .toString('base64');
    expect(() => buildkitEvents({ id: 'moby.buildkit.trace', aux })).toThrow(RangeError);
  });
});
