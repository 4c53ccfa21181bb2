import type { BuildEvent, EngineMessage } from './build-events.ts';
import { type Field, fields } from './protobuf.ts';

/**
 * The events in a `moby.buildkit.trace` message: a base64 StatusResponse.
 * https://github.com/moby/buildkit/blob/master/api/services/control/control.proto
 */
export function buildkitEvents(message: EngineMessage): BuildEvent[] {
  if (message.id !== 'moby.buildkit.trace' || typeof message.aux !== 'string') return [];
  return statusEvents(Buffer.from(message.aux, 'base64'));
}

/** The events in a StatusResponse. @throws RangeError for bytes that are none */
export function statusEvents(response: Buffer): BuildEvent[] {
  const events: BuildEvent[] = [];
  for (const { number, bytes } of fields(response)) {
    if (bytes === undefined) continue;
    if (number === 1) events.push(step(record(bytes)));
    else if (number === 2) events.push(progress(record(bytes)));
    else if (number === 3) events.push(log(record(bytes)));
    else if (number === 4) events.push({ kind: 'warning', text: text(record(bytes), 3) });
  }
  return events;
}

type FieldMap = ReadonlyMap<number, Field>;

function record(bytes: Buffer): FieldMap {
  return new Map([...fields(bytes)].map((field) => [field.number, field]));
}

function step(vertex: FieldMap): BuildEvent {
  const started = timestamp(vertex, 5);
  const completed = timestamp(vertex, 6);
  const error = text(vertex, 7);
  return {
    kind: 'step',
    id: text(vertex, 1),
    name: text(vertex, 3),
    state: completed !== undefined ? 'done' : started !== undefined ? 'running' : 'waiting',
    cached: vertex.get(4)?.varint === 1,
    ...(started === undefined || completed === undefined ? {} : { tookMs: completed - started }),
    ...(error === '' ? {} : { error }),
  };
}

function progress(status: FieldMap): BuildEvent {
  return {
    kind: 'progress',
    id: text(status, 2),
    name: text(status, 1),
    current: status.get(4)?.varint ?? 0,
    total: status.get(5)?.varint ?? 0,
  };
}

function log(vertexLog: FieldMap): BuildEvent {
  return { kind: 'log', id: text(vertexLog, 1), text: vertexLog.get(4)?.bytes ?? Buffer.alloc(0) };
}

function text(message: FieldMap, number: number): string {
  return message.get(number)?.bytes?.toString('utf8') ?? '';
}

function timestamp(message: FieldMap, number: number): number | undefined {
  const bytes = message.get(number)?.bytes;
  if (bytes === undefined) return undefined;
  const time = record(bytes);
  return (time.get(1)?.varint ?? 0) * 1000 + (time.get(2)?.varint ?? 0) / 1e6;
}
