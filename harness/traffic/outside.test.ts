import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startHello, type HelloServer } from '../../fixtures/servers/hello.ts';
import { runOutside, type OutsideRequest } from './outside.ts';
import type { Answer, LoopEnd } from './types.ts';

const answeredBy = { version: 'version: (v\\d)' };
let server: HelloServer;
beforeAll(async () => {
  server = await startHello();
});
afterAll(async () => server.close());

async function collect(
  path: string,
  changes: Partial<OutsideRequest> = {},
): Promise<{ answers: Answer[]; end: LoopEnd }> {
  const answers: Answer[] = [];
  const call = { url: server.url + path, answeredBy, timeoutMs: 500, ...changes.call };
  const end = await runOutside({ requests: 3, onAnswer: (a) => answers.push(a), ...changes, call });
  return { answers, end };
}

describe('calls from outside', () => {
  it.each([
    ['/v1', 'v1'],
    ['/page', 'v1'],
    ['/nowhere', 'status'],
    ['/hang', 'timeout'],
    ['/reset', 'reset'],
    ['/no-answer', 'empty'],
    ['/half', 'partial'],
    ['/huge', 'too-large'],
    ['/rubbish', 'unparsable'],
  ])('see %s as %s', async (path, expected) => {
    const { answers, end } = await collect(path);
    expect(answers.map((a) => a.failure ?? a.label)).toEqual(Array(3).fill(expected));
    expect(end).toMatchObject({ sent: 3, received: 3, complete: true });
  });

  it('use fresh connections unless told to keep one', async () => {
    const kept = { url: `${server.url}/v1`, answeredBy, connections: 'kept' } as const;
    expect(new Set((await collect('/v1')).answers.map((a) => a.connection)).size).toBe(3);
    const { answers } = await collect('/v1', { call: kept });
    expect(new Set(answers.map((a) => a.connection)).size).toBe(1);
    expect(answers.map((a) => a.connects)).toEqual([1, 0, 0]);
    expect(answers[0]?.attemptCount).toBe(3);
  });

  it('make a new connection when the kept one is cut', async () => {
    const call = { url: `${server.url}/no-answer`, answeredBy, connections: 'kept' } as const;
    const { answers } = await collect('/no-answer', { call });
    expect(answers.map((a) => a.failure)).toEqual(['empty', 'empty', 'empty']);
    expect(answers.map((a) => a.connects)).toEqual([1, 1, 1]);
  });

  it('send the headers, the host and the cookies that are given', async () => {
    server.requests.length = 0;
    const call = {
      url: `${server.url}/v1`,
      answeredBy,
      headers: { host: 'shop.example', 'end-user': 'jason' },
      cookies: { a: 'b' },
    };
    await collect('/v1', { call, requests: 1 });
    expect(server.requests[0]?.headers).toMatchObject({
      host: 'shop.example',
      'end-user': 'jason',
      cookie: 'a=b',
    });
  });

  it('keep their pace while calls hang', async () => {
    const { answers } = await collect('/hang-third', { requests: 12, perSecond: 20 });
    expect(answers.filter((a) => a.failure === 'timeout')).toHaveLength(4);
    const sent = answers.map((a) => a.sentMs);
    expect(Math.max(...sent) - Math.min(...sent)).toBeGreaterThan(500);
    expect(Math.max(...sent) - Math.min(...sent)).toBeLessThan(1000);
  });

  it('stop when told or aborted', async () => {
    expect(
      (await collect('/v1', { requests: 100, onAnswer: (a, stop) => a.sequence === 4 && stop() })).end.sent,
    ).toBe(5);
    expect((await collect('/v1', { signal: AbortSignal.abort() })).end.sent).toBe(0);
  });

  it('refused connections and unknown names are told apart', async () => {
    const refused = await collect('', { call: { url: 'http://127.0.0.1:1/', answeredBy } });
    expect(refused.answers[0]?.failure).toBe('refused');
    const unknown = await collect('', {
      call: { url: 'http://nowhere.invalid/', answeredBy, timeoutMs: 4000 },
      requests: 1,
    });
    expect(unknown.answers[0]?.failure).toBe('resolve');
  });

  it.each([undefined, 20])('hand on an error thrown by onAnswer (per second: %s)', async (perSecond) => {
    const throwing = collect('/v1', {
      ...(perSecond === undefined ? {} : { perSecond }),
      onAnswer: () => {
        throw new Error('disk full');
      },
    });
    await expect(throwing).rejects.toThrow('disk full');
  });
});
