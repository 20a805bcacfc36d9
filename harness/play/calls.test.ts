import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { localScene, type LocalScene } from '../../fixtures/scene.ts';
import { startHello, type HelloServer } from '../../fixtures/servers/hello.ts';
import { core } from '../scenario.ts';
import type { LoopEnd } from '../traffic/types.ts';
import { exclusive } from '../verdict/rules.ts';
import { SequentialTest } from '../verdict/sequential-test.ts';
import type { Assessment, Rule } from '../verdict/types.ts';
import { openFilesIn } from '../../fixtures/open-files.ts';
import { Calls, judge } from './calls.ts';
import { COMPANION } from './companion.ts';
import type { LoopOrder, Source } from './source.ts';

const rule = exclusive('v2', { leakLimit: 0.2 });
const RISK = { falsePass: 1e-3, falseFail: 1e-6 };

/** What a rule says of so many answers of each label. */
function assess(of: Rule, counts: Readonly<Record<string, number>>): Assessment {
  const sequential = new SequentialTest(of, RISK);
  for (const [label, count] of Object.entries(counts)) {
    for (let each = 0; each < count; each += 1) sequential.observe({ label });
  }
  return sequential.assess();
}

const END: LoopEnd = {
  sent: 1,
  received: 1,
  missing: 0,
  abandoned: 0,
  noise: 0,
  complete: true,
  clock: { offsetMs: 0, uncertaintyMs: 1 },
  startedMs: 0,
  endedMs: 1,
};
const BROKEN: LoopEnd = { ...END, complete: false, transport: 'the connection was reset' };

interface Circumstances {
  readonly end?: LoopEnd;
  readonly gate?: { reached: boolean; waitedMs: number; sawLast: string };
}

const judged = (
  counts: Readonly<Record<string, number>>,
  around: Circumstances = {},
): ReturnType<typeof judge> =>
  judge({
    rule,
    answers: assess(rule, counts),
    errors: assess(COMPANION, counts),
    end: around.end ?? END,
    gate: around.gate,
  });

const GOOD = { v2: 4000 };
const GATE = { reached: false, waitedMs: 30_000, sawLast: 'no healthy endpoint 10.20.0.5 for cluster2' };

describe('a check of answers', () => {
  test('is conformant when answers and errors are', () => {
    expect(judged(GOOD)).toMatchObject({
      verdict: 'conformant',
      errors: { count: 0, verdict: 'conformant' },
    });
  });

  test('is not when a foreign version answers', () => {
    expect(judged({ ...GOOD, v1: 1 })).toMatchObject({
      verdict: 'non-conformant',
      errors: { verdict: 'conformant' },
    });
  });

  test('is not when too many calls are lost, though no other version answers; and says so', () => {
    const counts = { error: 100, v2: 1000 };
    const found = judged(counts);
    expect(found).toMatchObject({
      verdict: 'non-conformant',
      errors: { count: 100, verdict: 'non-conformant' },
    });
    expect(found.assessment?.verdict).toBe('conformant');
    expect(found.message).toContain(assess(COMPANION, counts).message);
  });

  test('is undecided while one of the two is', () => {
    expect(judged({ v2: 200 })).toMatchObject({ verdict: 'inconclusive' });
    expect(judged({ v2: 200 }).assessment?.verdict).toBe('conformant');
  });

  test('is undecided for want of a stream when that broke, and otherwise not', () => {
    const lost = judged({ v2: 10 }, { end: BROKEN });
    expect(lost).toMatchObject({ verdict: 'inconclusive', reason: 'stream-lost' });
    expect(lost.message).toContain('the stream of answers broke: the connection was reset');
    expect(judged(GOOD, { end: BROKEN })).toMatchObject({ verdict: 'conformant' });
    expect(judged(GOOD, { end: BROKEN }).message).not.toContain('broke');
    expect(judged({ v1: 1 }, { end: BROKEN }).reason).not.toBe('stream-lost');
  });

  test('says what the gate missed only when it is not conformant', () => {
    expect(judged({ v1: 1 }, { gate: GATE }).message).toContain(`before that: ${GATE.sawLast}`);
    expect(judged(GOOD, { gate: GATE }).message).not.toContain('before that');
    expect(judged({ v1: 1 }, { gate: { ...GATE, reached: true } }).message).not.toContain('before that');
  });
});

describe('a measurement in one sample', () => {
  const declarations = { v1: core('v1 alone', exclusive('v1')), v2: core('v2 alone', exclusive('v2')) };
  let server: HelloServer;
  let local: LocalScene;

  beforeEach(async () => {
    server = await startHello();
    local = await localScene(declarations);
  });
  afterEach(async () => {
    await local.close();
    await server.close();
  });

  const target = (path: string): { url: string; answeredBy: { version: string } } => ({
    url: `${server.url}${path}`,
    answeredBy: { version: 'version: (v\\d)' },
  });

  test('serves several checks, each with a verdict of its own and the place of the calls', async () => {
    await local.cluster.calls('sleep', target('/v1')).measure('v1', 'v2');
    expect(local.record('v1')).toMatchObject({
      verdict: 'conformant',
      answersFile: local.record('v2')?.answersFile,
    });
    expect(local.record('v2')).toMatchObject({ verdict: 'non-conformant', gate: null });
    expect(local.record('v2')?.diagnostics?.where).toMatch(/^from cluster1 sample\/sleep-1 to http:/);
    expect(local.record('v1')?.evidence?.snapshot).toBeDefined();
    const requests = local.record('v1')?.requests ?? 0;
    expect(server.requests.length - requests).toBeLessThan(200); // it stops when both are decided
  });

  test('gives a command that asks for the same again, with its headers', async () => {
    const jason = { ...target('/v1'), headers: { 'end-user': 'jason' } };
    const { again } = await local.cluster.calls('sleep', jason).where();
    expect(again).toMatch(/ -- curl -sS --max-time 5 -H 'end-user: jason' http:\/\/\S+\/v1$/);
  });

  const noPod = (): Promise<never> => Promise.reject(new Error('no pod of sleep is ready'));

  /** A place whose calls are all answered by v2, and which is gone when they are over. */
  const gone = (retries: () => Promise<number | undefined>, end: Partial<LoopEnd> = {}): Source => ({
    name: 'gone',
    where: () => Promise.resolve({ where: 'from a pod that is gone', again: 'kubectl get pods' }),
    gate: () => Promise.resolve(undefined),
    retries,
    loop: ({ onAnswer }: LoopOrder) => {
      const times = { sentMs: 1, receivedMs: 2, durationMs: 1 };
      const answer = { label: 'v2', status: 200, exitCode: 0, connects: 1, client: 'gone', ...times };
      for (let sequence = 0; sequence < 50; sequence += 1) onAnswer({ ...answer, sequence }, () => undefined);
      return Promise.resolve({ ...END, received: 50, ...end });
    },
    pace: () => Promise.reject(new Error('it has no pod')),
  });

  test('stays when the caller is gone after it, and when its proxy began anew', async () => {
    let asked = 0;
    const once = (): Promise<number> => (asked++ === 0 ? Promise.resolve(7) : noPod());
    await new Calls(local.scene, gone(once)).measure('v1');
    expect(local.record('v1')).toMatchObject({ verdict: 'non-conformant', requests: 25 });
    const counts = [40, 2];
    await new Calls(
      local.scene,
      gone(() => Promise.resolve(counts.shift())),
    ).measure('v2');
    expect(local.record('v2')?.evidence).not.toHaveProperty('retries');
  });

  test('stays when its stream broke and no other can begin', async () => {
    let streams = 0;
    const source = gone(() => Promise.resolve(undefined), { complete: false, transport: 'reset' });
    const once = { ...source, loop: (order: LoopOrder) => (streams++ === 0 ? source.loop(order) : noPod()) };
    await new Calls(local.scene, once).measure('v2');
    expect(local.record('v2')).toMatchObject({ verdict: 'inconclusive', reason: 'stream-lost' });
    expect(local.record('v2')?.evidence?.snapshot).toBeDefined();
    expect(streams).toBe(2);
  });

  test('that is cut short leaves what it saw to a run that goes on', async () => {
    const source = gone(() => Promise.resolve(undefined));
    const cut = async (order: LoopOrder): Promise<LoopEnd> => {
      await source.loop(order);
      throw new Error('SIGINT');
    };
    await expect(new Calls(local.scene, { ...source, loop: cut }).measure('v2')).rejects.toThrow('SIGINT');
    const why = { verdict: 'inconclusive', reason: 'interrupted', message: 'SIGINT', startedAt: 1 } as const;
    await local.scene.recorder.record('v2', why);
    expect(local.record('v2')?.evidence?.snapshot).toMatchObject({ test: { total: 50 } });
  });

  test.runIf(process.platform === 'linux')('that is cut short leaves no file open', async () => {
    const { scene } = local;
    const cut = { ...gone(() => Promise.resolve(undefined)), loop: noPod };
    await expect(new Calls(scene, cut).measure('v1')).rejects.toThrow('no pod of sleep is ready');
    expect(openFilesIn(scene.folder).filter((path) => path.includes('/answers/'))).toEqual([]);
  });

  test('is not begun before the versions that it waits for answer alone', async () => {
    const calls = local.cluster.calls('sleep', target('/now'));
    server.now.splice(0, 2, 'v1', 'v3');
    const settled = calls.settles('v1', 'v2');
    await expect.poll(() => server.requests.length, { timeout: 10_000 }).toBeGreaterThan(20);
    server.now.splice(0, 2, 'v1', 'v2');
    await settled;
    expect(server.requests.length % 20).toBe(0);
    expect(local.scene.recorder.records).toEqual([]);
  });
});
