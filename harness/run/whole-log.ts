import type { EventsRead } from '../report/event-log.ts';
import { EVENTS_FILE } from '../report/events.ts';
import { Mistakes } from './mistakes.ts';

/**
 * What was read, if it has a beginning. Without it nobody knows what was planned, and what is left would look like all
 * of it. @throws Mistakes if it has none
 */
export function withBeginning(directory: string, read: EventsRead): EventsRead {
  if (read.events.some(({ type }) => type === 'run-started')) return read;
  throw new Mistakes([
    `expected ${EVENTS_FILE} in ${directory} to tell how its run was started and what it planned; its ` +
      `${String(read.events.length)} events do not: the line "run-started" is missing, so the file is not whole. ` +
      `Look: head -n 2 ${directory}/${EVENTS_FILE}`,
  ]);
}
