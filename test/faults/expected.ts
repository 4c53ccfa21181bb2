import type { Outcome, Senseless } from './cell.ts';

type Expected = Outcome | Senseless;

export function not(reason: string): Senseless {
  return { not: reason };
}

export function client(expected: Expected) {
  return { 'client killed': expected, 'client half-open': expected };
}

export function git(expected: Expected) {
  return { 'hook killed': expected, 'receive-pack killed': expected };
}

export function engine(expected: Expected) {
  return { 'engine stopped': expected, 'engine paused': expected };
}

export function registry(expected: Expected) {
  return {
    'registry 401': expected,
    'registry 500': expected,
    'registry slow': expected,
    'registry stalled': expected,
    'registry full': expected,
  };
}

export function api(expected: Expected) {
  return {
    'API server gone': expected,
    'API server 410': expected,
    'API server 429': expected,
    'API server slow': expected,
    'API server half-open': expected,
  };
}

/** What others do: to a Remote, beside a deploy. */
export function others(expected: Expected) {
  return { locked: expected, 'another push': expected, 'Remote deleted': expected, 'pod deleted': expected };
}
