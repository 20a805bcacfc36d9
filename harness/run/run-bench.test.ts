import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { answer, type FakeApiServer } from '../../fixtures/api-server/server.ts';
import { providerOfTwo, startTwo } from '../../fixtures/existing-clusters.ts';
import { clusterTopology } from '../../fixtures/topology.ts';
import { defaultOptions } from '../options/parse.ts';
import type { RunOptions } from '../options/types.ts';
import { namespaceOf } from '../play/namespace.ts';
import { observed, openEventLog, type EventLog } from '../report/event-log.ts';
import type { LoggedEvent } from '../report/events.ts';
import { NO_EVIDENCE } from '../report/evidence.ts';
import { foldReport } from '../report/fold.ts';
import type { CheckRecord } from '../report/types.ts';
import { core, fact } from '../scenario.ts';
import type { Selected } from '../select.ts';
import { RunState } from '../state/state.ts';
import type { VariantName } from '../topology/topology.ts';
import { poll } from '../wait/wait.ts';
import { benchesOf } from './bench.ts';
import { cleanRun } from './clean.ts';
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

  test('leave no connection to a cluster that came up when another does not', async () => {
    const bench = await twoSuites();
    await servers[1].close();
    await expect(runBench(runWith(), bench, false)).rejects.toThrow(/cluster2/);
    const [first] = servers;
    // Sooner than an idle one ends by itself.
    const isGone = (): Promise<true | undefined> => Promise.resolve(first.open() === 0 || undefined);
    await poll({ what: 'no connection', timeoutMs: 2_000, intervalMs: 50 }, isGone);
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

describe('a mesh that is there', () => {
  const system = 'istio-system';
  interface Installed {
    readonly network?: string;
    readonly controlPlane?: boolean;
    readonly annotations?: Record<string, string>;
  }

  function install(
    index: 0 | 1,
    { network = 'one', controlPlane = true, annotations = {} }: Installed,
  ): void {
    const labels = { 'topology.istio.io/network': network };
    servers[index].put({
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: { name: system, labels, annotations },
    });
    servers[index].put({
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: 'gateway', namespace: system, labels },
      spec: { ports: [{ port: 15443 }] },
    });
    if (!controlPlane) return;
    const env = [{ name: 'CLUSTER_ID', value: `vendor-${String(index + 1)}` }];
    servers[index].put({
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'istiod', namespace: system, labels: { app: 'istiod' } },
      spec: { template: { spec: { containers: [{ image: 'istio/pilot:1.31.0', env }] } } },
    });
  }

  const remoteSecret = (id: string): void => {
    const labels = { 'istio/multiCluster': 'true' };
    servers[0].put({
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: 'remote', namespace: system, labels },
      data: { [id]: '' },
    });
  };

  /** Why a variant is not played; `it fits` where only the scenario is about another. */
  async function whyNot(variant: VariantName, among: readonly VariantName[], named = false): Promise<string> {
    const crosses = variant === 'gateways' || variant === 'replicated';
    const clusters = ['cluster1', 'cluster2'].map((name) =>
      clusterTopology(name, {
        network: crosses ? name : 'one',
        ...(variant === 'flat' && name === 'cluster1' ? { role: 'remote', primary: 'cluster2' } : {}),
      }),
    );
    const { file, scenario } = selected('a');
    const aboutAnother: Selected = { file, scenario: { ...scenario, variants: ['of another suite'] } };
    const [bench] = benchesOf([
      { suite: 'a', variant, variants: among, clusters, scenarios: [aboutAnother] },
    ]);
    if (bench === undefined) throw new Error('a bench was expected');
    const run = runWith({}, named ? { variant: [variant] } : {});
    await runBench(run, { ...bench, provider: await providerOfTwo(servers) }, false);
    const message = events('check').at(-1)?.check.message ?? '';
    return message === 'it is about the variant of another suite' ? 'it fits' : message;
  }

  const both = ['gateways', 'replicated'] as const;

  test('with remote secrets is in the variant gateways and not in replicated', async () => {
    install(0, { network: 'one' });
    install(1, { network: 'two' });
    remoteSecret('vendor-2');
    expect(await whyNot('gateways', both)).toBe('it fits');
    expect(await whyNot('replicated', both)).toMatch(/^a control plane holds a remote secret of another/);
    expect(await whyNot('replicated', both, true)).toMatch(/^a control plane holds/);
  });

  test('without is in replicated; gateways is judged all the same where it was named, or is all that there is', async () => {
    install(0, { network: 'one' });
    install(1, { network: 'two' });
    remoteSecret('somebody-else');
    expect(await whyNot('replicated', both)).toBe('it fits');
    expect(await whyNot('gateways', both)).toMatch(
      /^no control plane holds a remote secret .*; --variant gateways judges it all the same$/,
    );
    expect(await whyNot('gateways', both, true)).toBe('it fits');
    expect(await whyNot('gateways', ['flat', 'gateways'])).toBe('it fits');
  });

  test('whose remote secrets may not be seen is played in the variant that was named', async () => {
    install(0, { network: 'one' });
    install(1, { network: 'two' });
    servers[0].override(/GET .*\/secrets$/, (response) => {
      answer(response, 403, { kind: 'Status', message: 'secrets is forbidden' });
    });
    for (const variant of both) {
      expect(await whyNot(variant, both)).toMatch(/cannot be seen by remote secrets; --variant /);
      expect(await whyNot(variant, both, true)).toBe('it fits');
    }
  });

  test('with one control plane for both clusters is flat, and no multi-primary', async () => {
    const ingress = ['flat', 'multi-primary'] as const;
    install(0, {
      controlPlane: false,
      annotations: { 'topology.istio.io/controlPlaneClusters': 'x, vendor-2' },
    });
    install(1, {});
    expect(await whyNot('flat', ingress)).toBe('it fits');
    expect(await whyNot('multi-primary', ingress)).toBe(
      "cluster1 is configured by another cluster's control plane, and has its own in multi-primary",
    );
    install(0, {});
    expect(await whyNot('multi-primary', ingress)).toBe('it fits');
    expect(await whyNot('flat', ingress)).toMatch(/^cluster1 has a control plane of its own/);
  });
});

test('what an installer was told is there when it is called to clean up, and then no more', async () => {
  const installer = fileURLToPath(new URL('../../fixtures/installers/good', import.meta.url));
  const run = runWith({}, { installer, installMesh: true });
  const provider = await providerOfTwo(servers, { installMesh: true });
  await runBench(run, { ...(await twoSuites()), provider }, false);
  expect(await cleanRun(run.state, () => undefined)).toEqual({ left: [] });
  expect(existsSync(run.state.directory)).toBe(false);
});

describe('what an earlier run knew of a check', () => {
  const known = (verdict: CheckRecord['verdict']): CheckRecord => {
    const why = { verdict: 'inconclusive', reason: 'budget', message: 'too few calls' } as const;
    const [record] = unplayed(runWith(), { selected: selected('a'), variant: 'flat', ...why });
    if (record === undefined) throw new Error('a record was expected');
    return { ...record, verdict, evidence: { ...NO_EVIDENCE, snapshot: { seen: 1 } } };
  };
  const earlier = (check: CheckRecord): Run['earlier'] => {
    log.append({ type: 'check', check, carried: true });
    const isDecided = check.verdict !== 'inconclusive';
    const checks = { decided: isDecided ? [check] : [], carried: isDecided ? [] : [check] };
    return { ...checks, evidence: {} } as unknown as Run['earlier'];
  };
  const reported = (): CheckRecord | undefined =>
    foldReport(log.read()).checks.find(({ id }) => id === 'a/flat/A1/holds');

  test.each([
    ['unknown', /could not tell the version of the mesh .* this one, unknown, is not known/],
    ['1.30.0', undefined],
  ])(
    'of a mesh of version %s is compared with this one, or it is said that it cannot be',
    async (version, said) => {
      const check = known('inconclusive');
      const before = { ...earlier(check), id: 'before', mesh: { name: 'Istio', version } } as Run['earlier'];
      const running = runBench(runWith({ earlier: before }), await twoSuites(), false);
      if (said === undefined)
        await expect(running).rejects.toThrow(/measured Istio 1.30.0, and this is unknown/);
      else await running;
      const notes = events('note').map(({ text }) => text);
      expect(notes.filter((text) => text.includes('version'))).toEqual(
        said === undefined ? [] : [expect.stringMatching(said)],
      );
    },
  );

  test('is still there when the clusters do not come up', async () => {
    const bench = await twoSuites();
    await servers[1].close();
    const check = known('inconclusive');
    await expect(runBench(runWith({ earlier: earlier(check) }), bench, false)).rejects.toThrow(/cluster2/);
    expect(reported()).toEqual(check);
  });

  test.each(['inconclusive', 'non-conformant'] as const)(
    'is still there, %s, when these clusters cannot be asked',
    async (verdict) => {
      const check = known(verdict);
      await runBench(runWith({ earlier: earlier(check) }), await twoSuites(), false);
      expect(reported()).toEqual(check);
    },
  );
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
