import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { answersAgain, core, type Scenario } from '../scenario.ts';
import type { Selected } from '../select.ts';
import type { Bench, Chosen } from './bench.ts';
import { lanesOf } from './lanes.ts';

const selected = (name: string, scenario: Partial<Scenario> = {}): Selected =>
  ({
    file: { suite: 's', name, file: '' },
    scenario: { claim: name, checks: () => ({}), ...scenario },
  }) as unknown as Selected;

const benchOf = (...scenarios: readonly Selected[]): Bench => {
  const part: Chosen = { suite: 's', variant: 'flat', clusters: [], scenarios };
  return { suite: 's', variant: 'flat', clusters: [], parts: [part] };
};

const told = (bench: Bench): Record<string, string[]> =>
  Object.fromEntries(
    lanesOf(bench).map(({ lane, parts }) => [
      lane ?? '',
      parts.flatMap(({ scenarios }) => scenarios.map(({ file }) => file.name)),
    ]),
  );

describe('lanes', () => {
  test('hold alone what disrupts a mesh, shares its ingress gateway or judges times, and together the rest', () => {
    const lost = selected('lost', { disruptive: true });
    const page = selected('page', { needs: ['ingress'] });
    const timed = selected('timed', {
      checks: () => ({ back: core('It is back', answersAgain(['v1'], 1000)) }),
    });
    expect(told(benchOf(selected('one'), lost, selected('two'), page, timed))).toEqual({
      lost: ['lost'],
      page: ['page'],
      timed: ['timed'],
      together: ['one', 'two'],
    });
  });

  test('are one where a precondition decides over all', () => {
    const first = selected('reach', { precondition: true });
    const lost = selected('lost', { disruptive: true });
    expect(told(benchOf(first, selected('one'), lost))).toEqual({ whole: ['reach', 'one', 'lost'] });
  });

  test('play every scenario once, whatever it is', () => {
    const scenario = fc.record(
      { disruptive: fc.boolean(), precondition: fc.boolean() },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(fc.array(scenario, { maxLength: 8 }), (list) => {
        const all = list.map((each, i) => selected(String(i), each as Partial<Scenario>));
        const played = Object.values(told(benchOf(...all))).flat();
        expect(played.sort()).toEqual(all.map(({ file }) => file.name).sort());
      }),
    );
  });
});
