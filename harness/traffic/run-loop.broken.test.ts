import type { ChildProcess } from 'node:child_process';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { localExec } from '../../fixtures/local-exec.ts';
import { startHello, type HelloServer } from '../../fixtures/servers/hello.ts';
import { runLoop, startLoop, startPaced, type LoopRequest } from './run-loop.ts';
import type { Answer, PacedLoop, SequentialLoop } from './types.ts';

const answeredBy = { version: 'version: (v\\d)' };
const pod = { namespace: 'sample', pod: 'sleep' };
let server: HelloServer;
beforeAll(async () => {
  server = await startHello();
});
afterAll(async () => server.close());

const url = (path: string): string => server.url + path;
const ignore = (): void => undefined;

describe('when something breaks', () => {
  it('a loop killed in the pod is not complete, and keeps what it received', async () => {
    let child: ChildProcess | undefined;
    const exec = localExec({ onSpawn: (spawned) => (child = spawned) });
    const answers: Answer[] = [];
    const onAnswer = (answer: Answer): void => {
      answers.push(answer);
      if (answers.length === 5) child?.kill('SIGKILL');
    };
    const loop: PacedLoop = { mode: 'paced', url: url('/v1'), perSecond: 30, answeredBy };
    const end = await startPaced({ exec, pod, loop, onAnswer }).done;
    expect(end).toMatchObject({
      complete: false,
      missing: 0,
      transport: 'the loop ended with exit code 137',
    });
    expect(answers.length).toBeGreaterThanOrEqual(5);
    expect(end.received).toBe(answers.length);
  });

  it('an aborted exec is not complete, says why, and leaves no loop behind', async () => {
    const controller = new AbortController();
    let seen = 0;
    const onAnswer = (): void => {
      seen += 1;
      if (seen === 5) controller.abort();
    };
    const loop: PacedLoop = { mode: 'paced', url: url('/v1'), perSecond: 30, answeredBy };
    const end = await startPaced({ exec: localExec(), pod, loop, onAnswer, signal: controller.signal }).done;
    expect(end).toMatchObject({
      complete: false,
      transport: 'aborted: the command was aborted',
      received: seen,
    });
    const asked = server.requests.length;
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(server.requests.length - asked).toBeLessThanOrEqual(1);
  });

  it('a loop whose input ends stops by itself: no exec stream, no traffic', async () => {
    const exec = localExec();
    const loop: PacedLoop = { mode: 'paced', url: url('/v1'), perSecond: 30, answeredBy };
    let end: (() => void) | undefined;
    let seen = 0;
    const closing: LoopRequest['exec'] = (request) =>
      exec({ ...request, onOpen: (input) => ((end = () => input.end()), request.onOpen?.(input)) });
    const onAnswer = (): void => {
      seen += 1;
      if (seen === 5) end?.();
    };
    const result = await startPaced({ exec: closing, pod, loop, onAnswer }).done;
    expect(result).toMatchObject({ complete: true, missing: 0, received: seen });
    expect(seen).toBeLessThan(60);
  });

  it('a stop does not wait for a batch of calls that all hang', async () => {
    const loop: SequentialLoop = {
      mode: 'fast',
      url: url('/hang'),
      requests: 100,
      timeoutMs: 700,
      answeredBy,
    };
    const started = Date.now();
    const end = await runLoop({ exec: localExec(), pod, loop, onAnswer: (_answer, stop) => stop() });
    expect(Date.now() - started).toBeLessThan(6000);
    expect(end).toMatchObject({ complete: true, missing: 0, abandoned: 1 });
  });

  it('a loop that is stopped before it runs makes next to no call', async () => {
    let seen = 0;
    const running = startLoop({
      exec: localExec(),
      pod,
      loop: { mode: 'paced', url: url('/v1'), perSecond: 20, answeredBy },
      onAnswer: () => (seen += 1),
    });
    const end = await running.stop();
    expect(end.complete).toBe(true);
    expect(seen).toBeLessThan(5);
  });

  it('a loop ends by itself after its longest time', async () => {
    const loop: PacedLoop = { mode: 'paced', url: url('/v1'), perSecond: 20, answeredBy };
    const end = await runLoop({ exec: localExec(), pod, loop, onAnswer: ignore, maxDurationMs: 500 });
    expect(end.complete).toBe(true);
    expect(end.endedMs - end.startedMs).toBeLessThan(3000);
  });

  it('a pod without curl is named, with what it needs', async () => {
    const exec = localExec({ shell: ['/bin/sh'], env: { PATH: '/nonexistent' } });
    const loop: SequentialLoop = { mode: 'plain', url: url('/v1'), requests: 1, answeredBy };
    const end = await runLoop({ exec, pod, loop, onAnswer: ignore });
    expect(end).toMatchObject({ complete: false, sent: 0 });
    expect(end.transport).toBe('pod sample/sleep needs curl 7.84 or later; found none');
  });

  it('an error thrown by onAnswer reaches the caller', async () => {
    const throwing = runLoop({
      exec: localExec(),
      pod,
      loop: { mode: 'plain', url: url('/v1'), requests: 3, answeredBy },
      onAnswer: () => {
        throw new Error('disk full');
      },
    });
    await expect(throwing).rejects.toThrow('disk full');
  });

  it('a bad loop is refused before anything runs', async () => {
    const bad = runLoop({
      exec: localExec(),
      pod,
      loop: { mode: 'fast', url: 'x', requests: 1, answeredBy },
      onAnswer: () => undefined,
    });
    await expect(bad).rejects.toThrow(TypeError);
  });
});
