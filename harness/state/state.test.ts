import { spawnSync } from 'node:child_process';
import { appendFileSync, existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { isAlive, knownRuns, newRunId, RunState, stateDirectory, type Undo } from './state.ts';

let base = '';

beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), 'state-'));
});
afterEach(() => {
  rmSync(base, { recursive: true, force: true });
});

const namespace = (name: string): Undo => ({ kind: 'namespace', kubeconfig: '/k', name });
const record = { provider: 'kind', startedAt: '2026-01-01T00:00:00Z', outDirectory: '/out' };
const names = (state: RunState): string[] =>
  state.pending().flatMap(({ undo }) => (undo.kind === 'namespace' ? [undo.name] : []));
const journal = (state: RunState): string => join(state.directory, 'journal.ndjson');

/** A process id that was there a moment ago. */
function deadPid(): number {
  return spawnSync('true').pid;
}

describe('the journal', () => {
  test('is on disk before the deed: another process sees it at once', () => {
    new RunState('r1', base).willUndo(namespace('a'));
    expect(names(new RunState('r1', base))).toEqual(['a']);
  });

  test('is undone latest first, and only once', () => {
    const state = new RunState('r1', base);
    const done = ['a', 'b', 'c'].map((name) => state.willUndo(namespace(name)));
    expect(names(state)).toEqual(['c', 'b', 'a']);
    done[1]?.();
    done[1]?.();
    expect(names(state)).toEqual(['c', 'a']);
    state.pending()[0]?.done();
    expect(names(new RunState('r1', base))).toEqual(['a']);
  });

  test('half a line at its end loses nothing of what is before it', () => {
    const state = new RunState('r1', base);
    state.willUndo(namespace('a'));
    appendFileSync(journal(state), '{"id":1,"undone":false,"undo":{"kind":"name');
    expect(names(new RunState('r1', base))).toEqual(['a']);
  });

  test('what is written after half a line is not lost with it', () => {
    const before = new RunState('r1', base);
    before.willUndo(namespace('a'));
    appendFileSync(journal(before), '{"id":1,"undone":fal');
    const after = new RunState('r1', base);
    after.willUndo(namespace('b'));
    expect(names(new RunState('r1', base))).toEqual(['b', 'a']);
  });

  test('is what was not put back, in any order of doing and putting back', () => {
    const steps = fc.array(fc.oneof(fc.constant('do' as const), fc.nat(9)), { maxLength: 20 });
    fc.assert(
      fc.property(steps, (order) => {
        const state = new RunState(`r${String(Math.random()).slice(2)}`, base);
        const open = new Map<string, () => void>();
        let count = 0;
        for (const step of order) {
          if (step === 'do') {
            const name = `n${String(count++)}`;
            open.set(name, state.willUndo(namespace(name)));
          } else {
            open.get(`n${String(step)}`)?.();
            open.delete(`n${String(step)}`);
          }
        }
        expect(names(new RunState(state.id, base))).toEqual([...open.keys()].reverse());
      }),
      { numRuns: 30 },
    );
  });

  test('of two runs at once are apart, and the end of one leaves the other', () => {
    const [one, two] = [new RunState('r1', base), new RunState('r2', base)];
    one.willUndo(namespace('a'));
    two.willUndo(namespace('b'));
    expect([names(one), names(two)]).toEqual([['a'], ['b']]);
    one.end();
    one.end();
    expect(knownRuns(base).map(({ id }) => id)).toEqual(['r2']);
    expect(names(two)).toEqual(['b']);
  });
});

describe('a run', () => {
  test('is alive while its process is, and dead after', () => {
    const state = new RunState('r1', base);
    expect(state.alive()).toBe(false);
    state.begin(record);
    expect(state.alive()).toBe(true);
    expect(state.record()).toMatchObject({ id: 'r1', pid: process.pid, provider: 'kind' });
    writeFileSync(join(state.directory, 'run.json'), JSON.stringify({ id: 'r1', pid: deadPid(), ...record }));
    expect(state.alive()).toBe(false);
  });

  test('is dead when its number was given to another process', () => {
    const state = new RunState('r1', base);
    state.begin(record);
    const written = state.record();
    const other = { ...written, birth: `${written?.birth ?? ''}1` };
    writeFileSync(join(state.directory, 'run.json'), JSON.stringify(other));
    expect([isAlive(process.pid), state.alive()]).toEqual([true, false]);
  });

  test('whose record is torn is known, and not alive', () => {
    const state = new RunState('r1', base);
    state.begin(record);
    writeFileSync(join(state.directory, 'run.json'), '{"id":"r1","pi');
    expect(knownRuns(base).map(({ id }) => id)).toEqual(['r1']);
    expect([state.record(), state.alive()]).toEqual([undefined, false]);
  });

  test('keeps what it knows from other users: it names credentials', () => {
    const state = new RunState('r1', base);
    state.begin(record);
    expect(statSync(state.directory).mode & 0o077).toBe(0);
  });

  test('has nothing to put back, and leaves no trace, before it did anything', () => {
    const state = new RunState('r1', base);
    expect([state.entries(), state.pending(), existsSync(state.directory)]).toEqual([[], [], false]);
    expect(knownRuns(join(base, 'nowhere'))).toEqual([]);
  });
});

test('ids fit into names of clusters and namespaces, and sort by time', () => {
  const ids = [new Date('2026-03-04T05:06:07Z'), new Date('2026-11-20T23:51:00Z')].map(newRunId);
  expect(ids[0]).toMatch(/^0304-0506-[0-9a-z]{3}$/);
  expect([...ids].sort()).toEqual(ids);
});

test("the state directory is the user's own", () => {
  expect(stateDirectory({ XDG_STATE_HOME: '/x' })).toBe('/x/meshproof');
  expect(stateDirectory({ XDG_STATE_HOME: '' })).toMatch(/\.local\/state\/meshproof$/);
});
