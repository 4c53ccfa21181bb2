import { expect, it } from 'vitest';
import { withFunctionsOf } from './workshop.ts';

it("git's library gives the functions that ours does not have", () => {
  const theirs = 'echo top\n\nstart_httpd() {\n\ttheirs\n}\n\nset_askpass() {\n\techo "$1"\n}\n';
  const ours = 'start_httpd() {\n\tours\n}\n';
  expect(withFunctionsOf(theirs, ours)).toBe(`${ours}\nset_askpass() {\n\techo "$1"\n}\n`);
});
