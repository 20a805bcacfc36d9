import type { LoggedEvent } from './events.ts';
import type { StageRecord } from './types.ts';

type StageEvent = Extract<LoggedEvent, { type: 'stage' }>;

/** Time per stage, in the order in which they began. A stage that began and never ended has no duration. */
export function foldStages(events: readonly LoggedEvent[]): readonly StageRecord[] {
  const stages: StageRecord[] = [];
  for (const event of events) {
    if (event.type !== 'stage') continue;
    if (event.state === 'started') {
      stages.push(recordOf(event, event.at));
      continue;
    }
    const open = stages.findLastIndex((stage) => stage.state === 'started' && isOf(stage, event));
    const began = stages[open]?.startedAt ?? before(event);
    if (open === -1) stages.push(recordOf(event, began));
    else stages[open] = recordOf(event, began);
  }
  return stages;
}

function isOf(stage: StageRecord, event: StageEvent): boolean {
  return (
    stage.name === event.name &&
    stage.suite === (event.suite ?? null) &&
    stage.variant === (event.variant ?? null) &&
    stage.cluster === (event.cluster ?? null)
  );
}

function recordOf(event: StageEvent, startedAt: string): StageRecord {
  const elapsed = Math.max(0, Date.parse(event.at) - Date.parse(startedAt));
  return {
    name: event.name,
    suite: event.suite ?? null,
    variant: event.variant ?? null,
    cluster: event.cluster ?? null,
    state: event.state,
    startedAt,
    durationMs: event.state === 'started' ? null : (event.durationMs ?? elapsed),
    message: event.message ?? null,
  };
}

/** When a stage began of which only the end was logged. */
function before(event: StageEvent): string {
  return new Date(Date.parse(event.at) - (event.durationMs ?? 0)).toISOString();
}
