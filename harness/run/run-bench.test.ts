import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { FakeApiServer } from '../../fixtures/api-server/server.ts';
import { providerOfTwo, startTwo } from '../../fixtures/existing-clusters.ts';
import { clusterTopology } from '../../fixtures/topology.ts';
import { defaultOptions } from '../options/parse.ts';
import type { RunOptions } from '../options/types.ts';
import { namespaceOf } from '../play/namespace.ts';
import { observed, openEventLog, type EventLog } from '../report/event-log.ts';
import type { LoggedEvent } from '../report/events.ts';
import { foldReport } from '../report/fold.ts';
import type { CheckRecord } from '../report/types.ts';
import { core, fact } from '../scenario.ts';
import type { Selected } from '../select.ts';
import { RunState } from '../state/state.ts';
import { benchesOf } from './bench.ts';
import { isOver, runBench, type BenchRun } from './run-bench.ts';
import type { Run } from './setup.ts';
import { unplayed } from './unplayed.ts';

const ID = '0101-0000-aaa';
let folder = '';
let servers: readonly [FakeApiServer, FakeApiServer];
let log: EventLog;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'run-bench-'));
  vi.stubEnv('XDG_STATE_HOME', join(folder, 'state'));
  servers = await startTwo();
  for (const { kinds } of servers) {
    kinds.set('/apis/admissionregistration.k8s.io/v1', [
      { name: 'mutatingwebhookconfigurations', kind: 'MutatingWebhookConfiguration', namespaced: false },
    ]);
  }
  log = openEventLog(join(folder, 'out'));
});
afterEach(async () => {
  vi.unstubAllEnvs();
  log.close();
  await Promise.all(servers.map((server) => server.close()));
  rmSync(folder, { recursive: true });
});

function runWith(changed: Partial<Run> = {}, options: Partial<RunOptions> = {}): Run {
  return {
    id: ID,
    clustersOf: ID,
    options: { ...defaultOptions(), timeout: 3_000, ...options },
    seed: 1,
    state: new RunState(ID),
    log,
    risk: { falsePass: 0.01, falseFail: 0.0001 },
    earlier: undefined,
    signal: new AbortController().signal,
    ...changed,
  };
}

/** Skipped everywhere, so that nothing has to be played. */
const selected = (suite: string): Selected =>
  ({
    file: { suite, name: 'a-scenario', file: '' },
    scenario: {
      claim: 'A1',
      apps: {},
      variants: ['replicated'],
      checks: () => ({ holds: core('It holds', fact) }),
    },
  }) as unknown as Selected;

async function twoSuites(): Promise<BenchRun> {
  const clusters = ['cluster1', 'cluster2'].map((name) => ({
    ...clusterTopology(name),
    network: 'network1',
  }));
  const [bench] = benchesOf([
    { suite: 'a', variant: 'flat', clusters, scenarios: [selected('a')] },
    { suite: 'b', variant: 'multi-primary', clusters, scenarios: [selected('b')] },
  ]);
  if (bench === undefined) throw new Error('a bench was expected');
  return { ...bench, provider: await providerOfTwo(servers) };
}

const events = <Type extends LoggedEvent['type']>(type: Type): Extract<LoggedEvent, { type: Type }>[] =>
  log.read().events.filter((event): event is Extract<LoggedEvent, { type: Type }> => event.type === type);

const stages = (): string[] =>
  foldReport(log.read()).stages.map(({ name, suite, variant, state }) =>
    [name, suite, variant, state].join(' '),
  );

const verdicts = (): string[] =>
  events('check').map(({ check }) => `${check.id} ${check.verdict} ${check.reason}`);

describe('suites that share clusters', () => {
  test('have them brought up and torn down once, and verdicts each of their own', async () => {
    await runBench(runWith(), await twoSuites(), false);
    expect(stages()).toEqual(['clusters a+b flat done', 'clusters a+b flat done', 'teardown a+b flat done']);
    expect(verdicts()).toEqual([
      'a/flat/A1/holds skipped not-there',
      'b/multi-primary/A1/holds skipped not-there',
    ]);
  });

  test('do not see what the suite before left', async () => {
    const namespace = (name: string): void => {
      servers[0].put({
        apiVersion: 'v1',
        kind: 'Namespace',
        metadata: { name, labels: { 'meshproof.dev/run': ID } },
      });
    };
    const ofNext = namespaceOf({ runId: ID, variant: 'multi-primary' }, { suite: 'b', name: 'a-scenario' });
    namespace('left-over');
    namespace(ofNext);
    const seen: string[][] = [];
    const listening = observed(log, (event) => {
      if (event.type !== 'check') return;
      const names = [...servers[0].objects.values()].map(({ metadata }) => metadata.name);
      seen.push(['left-over', ofNext].filter((name) => names.includes(name)));
    });
    await runBench(runWith({ log: listening }), await twoSuites(), false);
    expect(seen).toEqual([['left-over', ofNext], [ofNext]]);
  });

  test('have verdicts all the same when the clusters do not come up', async () => {
    const bench = await twoSuites();
    await servers[1].close();
    await expect(runBench(runWith(), bench, false)).rejects.toThrow(/cluster2/);
    expect(verdicts()).toEqual([
      'a/flat/A1/holds inconclusive not-judged',
      'b/multi-primary/A1/holds inconclusive not-judged',
    ]);
    expect(stages()).toEqual(expect.arrayContaining(['clusters a+b flat failed', 'collect a+b flat done']));
  });

  test('are inconclusive from the one on at which the run was ended', async () => {
    const bench = await twoSuites();
    const ended = new AbortController();
    // Ended as soon as the first suite has its verdict.
    const listening = observed(log, (event) => {
      if (event.type === 'check') ended.abort();
    });
    await runBench(runWith({ log: listening, signal: ended.signal }), bench, true);
    expect(verdicts()).toEqual([
      'a/flat/A1/holds skipped not-there',
      'b/multi-primary/A1/holds inconclusive interrupted',
    ]);
  });
});

describe('a run is over', () => {
  const wrong = (): CheckRecord => {
    const [record] = unplayed(runWith(), {
      selected: selected('a'),
      variant: 'flat',
      verdict: 'inconclusive',
      reason: 'refuted',
      message: '',
    });
    if (record === undefined) throw new Error('a record was expected');
    return { ...record, verdict: 'non-conformant' };
  };

  test('with --fail-fast at the first non-conformant check, and without it not', () => {
    expect(isOver(runWith({}, { failFast: true }))).toBe(false);
    log.append({ type: 'check', check: wrong() });
    expect(isOver(runWith({}, { failFast: true }))).toBe(true);
    expect(isOver(runWith())).toBe(false);
  });

  test('not by a verdict of the run that it goes on with', () => {
    log.append({ type: 'check', check: wrong() });
    const earlier = { decided: [wrong()] } as unknown as Run['earlier'];
    expect(isOver(runWith({ earlier }, { failFast: true }))).toBe(false);
  });
});
