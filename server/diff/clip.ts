import { isDifference, type ObjectDiff } from './object-diff.ts';

/** Nobody reads more of them, and a value may have some kilobytes. */
const maxChanges = 1000;

/** The first of all changes, and how many differences are left out. Objects that are the same are no part of it. */
export function clipped(objects: readonly ObjectDiff[]): { objects: ObjectDiff[]; more: number } {
  let room = maxChanges;
  let more = 0;
  const kept = objects.flatMap((object): ObjectDiff[] => {
    if (object.state === 'same' && object.changes.length === 0) return [];
    const changes = object.changes.slice(0, room);
    room -= changes.length;
    more += object.changes.slice(changes.length).filter(isDifference).length;
    return [{ ...object, changes }];
  });
  return { objects: kept, more };
}
