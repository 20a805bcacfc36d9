import { observed, openEventLog, type EventLog } from '../report/event-log.ts';
import type { RunEvent } from '../report/events.ts';
import { createProgress } from '../report/progress.ts';

/** A run's log, shown to those who watch while it is written. */
export interface Display {
  readonly log: EventLog;
  stop(): void;
}

/** Events of this thread and of the scenarios' worker are shown alike; the log itself is the file. */
export function openDisplay(directory: string, runId: string): Display {
  let isOpen = true;
  const file = openEventLog(directory);
  const progress = createProgress();
  const channel = new BroadcastChannel(`meshproof-${runId}`);
  channel.onmessage = (message: unknown) => {
    progress.handle((message as { data: RunEvent }).data);
  };
  const log = observed(file, (event) => {
    progress.handle(event);
  });
  return {
    log,
    stop: () => {
      if (isOpen) {
        channel.close();
        progress.stop();
      }
      isOpen = false;
    },
  };
}
