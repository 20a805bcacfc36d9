import { spawnSync } from 'node:child_process';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { localExec } from '../../fixtures/local-exec.ts';
import { startHello, type HelloServer } from '../../fixtures/servers/hello.ts';
import { runLoop, startPaced, type LoopRequest } from './run-loop.ts';
import type { Answer, Loop, LoopEnd } from './types.ts';

const answeredBy = { version: 'version: (v\\d)', instance: 'instance: (\\S+)' };
const pod = { namespace: 'sample', pod: 'sleep' };
let server: HelloServer;
beforeAll(async () => {
  server = await startHello();
});
afterAll(async () => server.close());

type Changes = Partial<Omit<LoopRequest, 'loop' | 'onAnswer'>>;

async function collect(loop: Loop, changes: Changes = {}): Promise<{ answers: Answer[]; end: LoopEnd }> {
  const answers: Answer[] = [];
  const end = await runLoop({ exec: localExec(), pod, loop, onAnswer: (a) => answers.push(a), ...changes });
  return { answers, end };
}

function count(answers: readonly Answer[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { label, failure } of answers) counts[failure ?? label] = (counts[failure ?? label] ?? 0) + 1;
  return counts;
}

const url = (path: string): string => server.url + path;
const SHELLS: readonly [string, string[]][] = [
  ['dash', []],
  ['busybox', ['sh']],
  ['bash', []],
];

it('a loop tells how uncertain its times are while it runs: no pod reads its clock to less than 10 ms', async () => {
  let heard = (): void => undefined;
  const first = new Promise<void>((resolve) => {
    heard = resolve;
  });
  const loop = { mode: 'paced', url: url('/now'), perSecond: 20, answeredBy } as const;
  const running = startPaced({ exec: localExec(), pod, loop, onAnswer: () => heard() });
  expect(running.uncertaintyMs).toBe(Infinity);
  await first;
  expect(running.uncertaintyMs).toBeGreaterThanOrEqual(10);
  expect(running.uncertaintyMs).toBeLessThan(3000);
  await running.stop();
});

describe.each(SHELLS)('in %s', (program, words) => {
  const shell = [program, ...words];
  const absent = spawnSync(program, [...words, '-c', 'exit 0']).status !== 0;
  const exec = localExec({ shell });

  it.skipIf(absent).each(['plain', 'fast', 'paced'] as const)(
    'a %s loop accounts for each call',
    async (mode) => {
      const pace = mode === 'paced' ? { perSecond: 40 } : {};
      const loop: Loop = { mode, url: url('/hello'), requests: 30, answeredBy, ...pace };
      const { answers, end } = await collect(loop, { exec });
      expect(count(answers)).toEqual({ v1: 15, v2: 15 });
      expect(answers.map((a) => a.sequence).sort((a, b) => a - b)).toEqual(
        Array.from({ length: 30 }, (_, index) => index),
      );
      expect(end).toMatchObject({
        sent: 30,
        received: 30,
        missing: 0,
        abandoned: 0,
        noise: 0,
        complete: true,
      });
      expect(end.transport).toBeUndefined();
    },
  );

  it.skipIf(absent).each(['fast', 'paced'] as const)(
    'a %s loop stops when told, and reports all it began',
    async (mode) => {
      let seen = 0;
      const pace = mode === 'paced' ? { perSecond: 40 } : {};
      const onAnswer = (_answer: Answer, stop: () => void): void => {
        seen += 1;
        if (seen === 30) stop();
      };
      const loop: Loop = { mode, url: url('/v1'), requests: 100_000, answeredBy, ...pace };
      const end = await runLoop({ exec, pod, loop, onAnswer });
      expect(end).toMatchObject({ complete: true, missing: 0, received: seen });
      expect(seen).toBeLessThan(1000);
    },
  );

  it.skipIf(absent)('a paced loop goes on while calls hang', async () => {
    const loop: Loop = {
      mode: 'paced',
      url: url('/hang-third'),
      requests: 30,
      perSecond: 20,
      timeoutMs: 1000,
      answeredBy,
    };
    const { answers, end } = await collect(loop, { exec });
    expect(count(answers)).toEqual({ v1: 20, timeout: 10 });
    const sent = answers.map((a) => a.sentMs).sort((a, b) => a - b);
    // 29 intervals of 50 ms take 1.45 s; one call after the other would need 10 s.
    expect((sent.at(-1) ?? 0) - (sent[0] ?? 0)).toBeGreaterThan(1000);
    expect((sent.at(-1) ?? 0) - (sent[0] ?? 0)).toBeLessThan(6000);
    expect(end.complete).toBe(true);
  });
});

describe('the question', () => {
  it('is the same each time, with headers and cookies as given', async () => {
    const headers = { 'end-user': 'jason', 'x-empty': '', 'x-shell': `"$(id)" 'x' \\n` };
    for (const mode of ['plain', 'fast', 'paced'] as const) {
      server.requests.length = 0;
      const call = {
        url: url('/hello?q=a%20b&list=[1-3]{a,b}'),
        headers,
        cookies: { session: 'abc=', user: 'jason' },
      };
      await collect({ mode, requests: 3, answeredBy, ...call });
      expect(server.requests.map((r) => r.url)).toEqual(Array(3).fill('/hello?q=a%20b&list=[1-3]{a,b}'));
      for (const request of server.requests)
        expect(request.headers).toMatchObject({ ...headers, cookie: 'session=abc=; user=jason' });
    }
  });

  it('goes over a kept connection in a fast loop, over fresh ones when asked', async () => {
    for (const [connections, expected] of [
      ['kept', 1],
      ['fresh', 20],
    ] as const) {
      server.requests.length = 0;
      const { answers } = await collect({
        mode: 'fast',
        url: url('/v1'),
        requests: 20,
        answeredBy,
        connections,
      });
      expect(new Set(server.requests.map((r) => r.port)).size).toBe(expected);
      expect(new Set(answers.map((a) => a.connection)).size).toBe(expected);
      expect(answers[0]?.attemptCount).toBe(3);
    }
  });

  it('passes by a proxy of the environment', async () => {
    const exec = localExec({ env: { http_proxy: 'http://127.0.0.1:1', HTTP_PROXY: 'http://127.0.0.1:1' } });
    const { answers } = await collect({ mode: 'plain', url: url('/v1'), requests: 2, answeredBy }, { exec });
    expect(count(answers)).toEqual({ v1: 2 });
  });
});

it('fast and plain loops see the same shares: the same answers from the same seeded server', async () => {
  const seen: string[][] = [];
  for (const mode of ['plain', 'fast'] as const) {
    const random = await startHello(7);
    const { answers } = await collect({ mode, url: `${random.url}/random`, requests: 200, answeredBy });
    seen.push(answers.map((a) => a.label));
    await random.close();
  }
  expect(seen[0]).toEqual(seen[1]);
  expect(new Set(seen[0])).toEqual(new Set(['v1', 'v2']));
});

describe.each(['plain', 'fast', 'paced'] as const)('a %s loop', (mode) => {
  const pace = mode === 'paced' ? { perSecond: 50 } : {};
  it.each([
    ['/tenth', 20, { v1: 18, status: 2 }],
    ['/reset', 3, { reset: 3 }],
    ['/no-answer', 3, { empty: 3 }],
    ['/half', 3, { partial: 3 }],
    ['/slow', 3, { v1: 3 }],
    ['/rubbish', 3, { unparsable: 3 }],
    ['/empty', 3, { unparsable: 3 }],
    ['/lines', 3, { v1: 3 }],
    ['/page', 3, mode === 'paced' ? { 'too-large': 3 } : { v1: 3 }],
    ['/huge', 2, { timeout: 2 }],
    ['/nowhere', 2, { status: 2 }],
    ['/hang', 2, { timeout: 2 }],
  ] as const)('sees %s %i times as %o', async (path, requests, expected) => {
    const fresh = await startHello();
    const loop: Loop = { mode, url: fresh.url + path, requests, timeoutMs: 700, answeredBy, ...pace };
    const { answers, end } = await collect(loop);
    await fresh.close();
    expect(count(answers)).toEqual(expected);
    expect(end).toMatchObject({ complete: true, sent: requests });
  });

  it('tells a refused connection from a name that does not resolve', async () => {
    const refused = await collect({ mode, url: 'http://127.0.0.1:1/', requests: 1, answeredBy });
    expect(count(refused.answers)).toEqual({ refused: 1 });
    const unknown = await collect({ mode, url: 'http://nowhere.invalid/', requests: 1, answeredBy });
    expect(count(unknown.answers)).toEqual({ resolve: 1 });
  });

  it('gives times on our clock', async () => {
    const before = Date.now();
    const { answers, end } = await collect({ mode, url: url('/slow'), requests: 3, answeredBy, ...pace });
    const { uncertaintyMs } = end.clock;
    expect(uncertaintyMs).toBeLessThan(3000);
    for (const { sentMs, receivedMs, durationMs } of answers) {
      expect(sentMs).toBeGreaterThan(before - uncertaintyMs);
      expect(receivedMs).toBeLessThan(Date.now() + uncertaintyMs);
      expect(durationMs).toBeGreaterThanOrEqual(95);
      expect(receivedMs - sentMs).toBeGreaterThan(85);
    }
  });
});
