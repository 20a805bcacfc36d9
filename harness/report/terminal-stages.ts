import { groupBy } from './group.ts';
import type { Colors } from './style.ts';
import { duration } from './text.ts';
import type { Report, StageRecord } from './types.ts';

/** Of the column of names: those of many suites that share clusters would push all times off the screen. */
const WIDEST = 44;

/** Time per stage: what a person waited for it, with the clusters in parallel beside. */
export function stageLines({ stages }: Report, colors: Colors): readonly string[] {
  if (stages.length === 0) return [];
  const groups = [...groupBy(stages, nameOf)];
  const column = Math.min(WIDEST, Math.max(...groups.map(([name]) => name.length)));
  const rows = groups.map(([name, group]) => {
    const state = stateOf(group);
    const time = state === 'started' ? 'never ended' : duration(wallTime(group));
    const mark = state === 'failed' ? colors.red('  ✖ failed') : '';
    const clusters = group.flatMap(({ cluster, durationMs }) =>
      cluster === null || durationMs === null ? [] : [`${cluster} ${duration(durationMs)}`],
    );
    const beside = clusters.length === 0 ? '' : colors.dim(`  ${clusters.join(', ')}`);
    return `  ${name.padEnd(column)}  ${time.padStart(12)}${beside}${mark}`;
  });
  return ['', colors.bold('time per stage'), ...rows];
}

function nameOf({ name, suite, variant }: StageRecord): string {
  return [name, ...[suite, variant].filter((part) => part !== null)]
    .join(' ')
    .replace(/ (\S+) (\S+)$/, ' $1/$2');
}

function stateOf(group: readonly StageRecord[]): StageRecord['state'] {
  if (group.some((stage) => stage.state === 'failed')) return 'failed';
  return group.some((stage) => stage.state === 'started') ? 'started' : 'done';
}

/** The union of the intervals: what ran at the same time is counted once. Milliseconds. */
function wallTime(group: readonly StageRecord[]): number {
  const intervals = group
    .map(({ startedAt, durationMs }) => ({
      from: Date.parse(startedAt),
      to: Date.parse(startedAt) + (durationMs ?? 0),
    }))
    .sort((one, other) => one.from - other.from);
  let total = 0;
  let reached = -Infinity;
  for (const { from, to } of intervals) {
    total += Math.max(0, to - Math.max(from, reached));
    reached = Math.max(reached, to);
  }
  return total;
}
