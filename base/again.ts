/**
 * To ask once more for what has failed, for a hint. Only whatever prints it knows what was asked for (`namingAgain`): a push, or a
 * command such as a rollback, whose reader may have no clone to push from. A hint that needs a push, because it brings something
 * new, says `push again` itself.
 */
export const again = 'try again';

/** A hint as its reader can follow it. @param isPush whether a push was asked for, or a command */
export function namingAgain(hint: string, isPush: boolean): string {
  return hint.replaceAll(again, isPush ? 'push again' : 'type it again');
}
