import type { DeployEvent } from './deploys/events.ts';
import type { DriftEvent } from './drift/finding.ts';
import type { TaskEvent } from './tasks/task-events.ts';
import type { WatchEvent } from './watch/finding.ts';

/** All that is reported on the bus of a server. */
export type ServerEvent = DeployEvent | DriftEvent | TaskEvent | WatchEvent;
