/**
 * To ask once more for what has failed, for a hint. Only whatever prints it knows what was asked for (`namingAgain`): a push, or a
 * command such as a rollback, whose reader may have no clone to push from. A hint that needs a push, because it brings something
 * new, says `push again` itself.
 */
export const again = 'try again';

/** Where a program that has run failed: what it needs may have been away, and then there is nothing to commit. */
export const fixIt = 'fix it, commit if the code has to change, and push again';

/** A hint as its reader can follow it. @param isPush whether a push was asked for, or a command */
export function namingAgain(hint: string, isPush: boolean): string {
  return hint.replaceAll(again, isPush ? 'push again' : 'type it again');
}
