import { describe, expect, test } from 'vitest';
import { WaitTimeout, bounded, duration, poll, sleep } from './wait.ts';

const never = (): Promise<undefined> => new Promise(() => undefined);

describe('poll', () => {
  test('gives the first value that is not undefined', async () => {
    let looks = 0;
    const value = await poll({ what: 'three', timeoutMs: 1000, intervalMs: 1 }, () =>
      Promise.resolve(++looks === 3 ? looks : undefined),
    );
    expect(value).toBe(3);
  });

  test('says at the deadline what was awaited, for how long and what was seen last', async () => {
    let looks = 0;
    const wait = poll({ what: '2 pods to be ready', timeoutMs: 60, intervalMs: 5 }, (saw) => {
      saw(`${String(++looks)} looks, 1 ready`);
      return Promise.resolve(undefined);
    });
    await expect(wait).rejects.toThrow(
      /^waited 60 ms for 2 pods to be ready; last seen: \d+ looks, 1 ready$/,
    );
    await expect(wait).rejects.toBeInstanceOf(WaitTimeout);
    expect(looks).toBeGreaterThan(2);
  });

  test('keeps its deadline when an attempt hangs', async () => {
    const began = performance.now();
    await expect(poll({ what: 'an answer', timeoutMs: 50 }, never)).rejects.toThrow('no answer for');
    expect(performance.now() - began).toBeLessThan(500);
  });

  test('an attempt that its deadline cut short is not told', async () => {
    let looks = 0;
    const wait = poll({ what: 'an address', timeoutMs: 60, intervalMs: 1 }, () =>
      ++looks === 1 ? Promise.resolve(undefined) : never(),
    );
    await expect(wait).rejects.toThrow(/^waited 60 ms for an address; last seen: nothing yet$/);
  });

  test('gives up a hanging attempt, aborts its signal and looks again', async () => {
    const signals: AbortSignal[] = [];
    const value = await poll(
      { what: 'x', timeoutMs: 2000, attemptTimeoutMs: 20, intervalMs: 1 },
      (_saw, signal) => {
        signals.push(signal);
        return signals.length === 1 ? never() : Promise.resolve('second');
      },
    );
    expect(value).toBe('second');
    expect(signals[0]?.aborted).toBe(true);
  });

  test('throws an error that is not transient at once', async () => {
    const wait = poll({ what: 'x', timeoutMs: 1000 }, () => Promise.reject(new Error('forbidden')));
    await expect(wait).rejects.toThrow('forbidden');
  });

  test('goes on after a transient error, and tells it at the deadline', async () => {
    const options = { what: 'x', timeoutMs: 40, intervalMs: 5, isTransient: () => true };
    const wait = poll(options, () => Promise.reject(new Error('connection refused')));
    await expect(wait).rejects.toThrow('last seen: connection refused');
  });

  test('stops with the reason when aborted, in an attempt and between two', async () => {
    for (const attempt of [never, () => Promise.resolve(undefined)]) {
      const controller = new AbortController();
      setTimeout(() => controller.abort(new Error('run interrupted')), 20);
      const wait = poll({ what: 'x', timeoutMs: 5000, intervalMs: 5000, signal: controller.signal }, attempt);
      await expect(wait).rejects.toThrow('run interrupted');
    }
  });
});

test('sleep ends early with the reason when aborted, and at once when aborted before', async () => {
  const controller = new AbortController();
  setTimeout(() => controller.abort('stop'), 10);
  const began = performance.now();
  await expect(sleep(5000, controller.signal)).rejects.toThrow('stop');
  await expect(sleep(5000, controller.signal)).rejects.toThrow('stop');
  expect(performance.now() - began).toBeLessThan(500);
});

test('bounded leaves no listener on the outer signal', async () => {
  let listeners = 0;
  const { signal } = new AbortController();
  const add = signal.addEventListener.bind(signal);
  const remove = signal.removeEventListener.bind(signal);
  signal.addEventListener = (...args: Parameters<typeof add>) => {
    listeners += 1;
    add(...args);
  };
  signal.removeEventListener = (...args: Parameters<typeof remove>) => {
    listeners -= 1;
    remove(...args);
  };
  const onTimeout = (): Error => new Error('late');
  await bounded({ timeoutMs: 1000, signal, onTimeout }, () => Promise.resolve(1));
  await expect(bounded({ timeoutMs: 5, signal, onTimeout }, never)).rejects.toThrow('late');
  const throwing = bounded({ timeoutMs: 1000, signal, onTimeout }, () => {
    throw new Error('at once');
  });
  await expect(throwing).rejects.toThrow('at once');
  expect(listeners).toBe(0);
});

test('durations are said in the unit that people use', () => {
  expect([40, 1500, 60_000, 240_000].map(duration)).toEqual(['40 ms', '1.5 s', '60 s', '4 min']);
});
