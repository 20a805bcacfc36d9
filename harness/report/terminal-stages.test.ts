import { expect, test } from 'vitest';
import { foldStages } from './fold-stages.ts';
import type { LoggedEvent } from './events.ts';
import { colorsFor } from './style.ts';
import { stageLines } from './terminal-stages.ts';
import type { Report } from './types.ts';

const MINUTE = 60_000;
const place = { suite: 'ingress+multi-primary', variant: 'flat' };

/** A stage that began and ended, in minutes since the run began. */
function stage(
  where: Pick<Extract<LoggedEvent, { type: 'stage' }>, 'name' | 'suite' | 'variant' | 'cluster'>,
  from: number,
  to: number,
): LoggedEvent[] {
  const at = (minute: number): string => new Date(minute * MINUTE).toISOString();
  return [
    { type: 'stage', state: 'started', ...where, at: at(from) },
    { type: 'stage', state: 'done', ...where, at: at(to), durationMs: (to - from) * MINUTE },
  ];
}

const lines = (...events: readonly (readonly LoggedEvent[])[]): readonly string[] => {
  const report = { stages: foldStages(events.flat()) } as unknown as Report;
  const plain = colorsFor({ isTTY: false }, { NO_COLOR: '1' });
  return stageLines(report, plain).slice(2);
};

test('clusters that suites share are told once, with both suites, and each measurement by itself', () => {
  expect(
    lines(
      stage({ name: 'clusters', ...place, cluster: 'cluster1' }, 0, 2),
      stage({ name: 'clusters', ...place, cluster: 'cluster2' }, 1, 3),
      stage({ name: 'mesh', ...place }, 2, 4),
      stage({ name: 'measure', suite: 'ingress', variant: 'flat' }, 4, 9),
      stage({ name: 'measure', suite: 'multi-primary', variant: 'flat' }, 9, 20),
      stage({ name: 'teardown', ...place }, 20, 21),
    ),
  ).toEqual([
    expect.stringMatching(
      /^ {2}clusters ingress\+multi-primary\/flat +3 min 00 s +cluster1 2 min 00 s, cluster2 2 min 00 s$/,
    ),
    expect.stringMatching(/^ {2}mesh ingress\+multi-primary\/flat +2 min 00 s$/),
    expect.stringMatching(/^ {2}measure ingress\/flat +5 min 00 s$/),
    expect.stringMatching(/^ {2}measure multi-primary\/flat +11 min 00 s$/),
    expect.stringMatching(/^ {2}teardown ingress\+multi-primary\/flat +1 min 00 s$/),
  ]);
});

test('a name of many suites is whole, and does not push the other times to the right', () => {
  const suite = ['hybrid', 'ingress', 'multi-primary', 'primary-remote', 'version-routing'].join('+');
  const [mesh = '', measure = ''] = lines(
    stage({ name: 'mesh', suite, variant: 'gateways' }, 0, 1),
    stage({ name: 'measure', suite: 'hybrid', variant: 'gateways' }, 1, 2),
  );
  expect(mesh).toContain(`mesh ${suite}/gateways `);
  expect(measure).toMatch(/^ {2}measure hybrid\/gateways +1 min 00 s$/);
  expect(measure.length).toBeLessThanOrEqual(60);
});
