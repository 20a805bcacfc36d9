import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ClockSync } from './clock.ts';

/** An exchange as it would be seen if the pod's clock were `offset` behind ours. */
function exchange(offset: number, askedMs: number, there: number, back: number) {
  const podMs = Math.floor((askedMs + there - offset) / 10) * 10;
  return { askedMs: Math.floor(askedMs), answeredMs: Math.floor(askedMs + there + back), podMs };
}

const delay = fc.double({ min: 0, max: 200, noNaN: true });
const exchanges = fc.array(fc.tuple(fc.double({ min: 0, max: 1e4, noNaN: true }), delay, delay), {
  minLength: 1,
  maxLength: 10,
});

describe('ClockSync', () => {
  it('never claims to know the offset better than it does, however uneven the two ways are', () => {
    fc.assert(
      fc.property(exchanges, fc.double({ min: -1e9, max: 1e9, noNaN: true }), (all, offset) => {
        const clock = new ClockSync();
        for (const [at, there, back] of all) clock.add(exchange(offset, 1e12 + at, there, back));
        const { offsetMs, uncertaintyMs } = clock.mapping();
        expect(Math.abs(offset - offsetMs)).toBeLessThanOrEqual(uncertaintyMs);
      }),
    );
  });

  it('is only as uncertain as the tightest exchange', () => {
    const clock = new ClockSync();
    clock.add(exchange(5000, 1e12, 300, 400));
    clock.add(exchange(5000, 1e12 + 1000, 1, 1));
    expect(clock.mapping().uncertaintyMs).toBeLessThanOrEqual(18);
  });

  it('counts drift between the beginning and the end as uncertainty', () => {
    const clock = new ClockSync();
    clock.add(exchange(5000, 1e12, 1, 1));
    clock.add(exchange(5100, 1e12 + 60_000, 1, 1), true);
    const { offsetMs, uncertaintyMs } = clock.mapping();
    expect(offsetMs + uncertaintyMs).toBeGreaterThanOrEqual(5100);
  });

  it('knows nothing without an exchange, and a second at best without /proc/uptime', () => {
    const clock = new ClockSync();
    expect(clock.mapping().uncertaintyMs).toBe(Number.POSITIVE_INFINITY);
    clock.source('date');
    clock.add(exchange(5000, 1e12, 1, 1));
    expect(clock.mapping().uncertaintyMs).toBeGreaterThan(1000);
  });
});
