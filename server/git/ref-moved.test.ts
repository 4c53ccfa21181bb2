import { expect, it } from 'vitest';
import { refMoved } from './ref-moved.ts';

it('a branch that moved during a push is shown before anything that is checked out is changed', () => {
  const { message, hint } = refMoved('main', true);
  expect(message).toBe('main moved during this push');
  expect(hint.join()).toMatch(
    /^to see the new commits, type: git fetch \S+ main && git log \.\.FETCH_HEAD,rebase yours/,
  );
});

it('a branch that moved during a deploy of the server asks for no clone', () => {
  const { message, hint } = refMoved('main', false);
  expect(message).toBe('main moved during this deploy');
  expect(hint.join()).toMatch(/ status <namespace>\/<name>,type it again if it still fits$/);
});
