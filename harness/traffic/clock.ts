/** Where the pod's clock stands on ours, from questions and answers over the same stream. */
import type { ClockMapping } from './types.ts';

/** One exchange: asked and answered on our clock, and what the pod's clock said in between. Milliseconds. */
export interface Exchange {
  readonly askedMs: number;
  readonly answeredMs: number;
  readonly podMs: number;
}

const RESOLUTION_MS = { uptime: 10, date: 1000 } as const;
/** Both of our own readings are whole milliseconds. */
const OWN_RESOLUTION_MS = 1;

/**
 * Collects exchanges. Each bounds the offset: the pod's clock was read after we asked and before its answer came.
 * Bounds of exchanges made together intersect; those of a later group show how far the clocks drifted apart.
 */
export class ClockSync {
  #first: Bounds = WIDEST;
  #last: Bounds = WIDEST;
  #kind: keyof typeof RESOLUTION_MS = 'uptime';

  /** Which clock the pod reads: its resolution is part of the uncertainty. */
  source(kind: string): void {
    this.#kind = kind === 'date' ? 'date' : 'uptime';
  }

  /** An exchange before the loop, or (`late`) after it. */
  add(exchange: Exchange, late = false): void {
    const low = exchange.askedMs - OWN_RESOLUTION_MS - (exchange.podMs + RESOLUTION_MS[this.#kind]);
    const high = exchange.answeredMs + OWN_RESOLUTION_MS - exchange.podMs;
    if (late) this.#last = intersect(this.#last, { low, high });
    else this.#first = intersect(this.#first, { low, high });
  }

  /** Has any exchange been made? */
  get known(): boolean {
    return Number.isFinite(this.#first.low);
  }

  /** The mapping used for times of answers, from the exchanges before the loop. */
  get offsetMs(): number {
    return this.known ? middle(this.#first) : 0;
  }

  /** The offset and how wrong it may be, drift between both groups of exchanges included. Infinite if none was made. */
  mapping(): ClockMapping {
    const offsetMs = this.offsetMs;
    if (!this.known) return { offsetMs, uncertaintyMs: Number.POSITIVE_INFINITY };
    const last = Number.isFinite(this.#last.low) ? this.#last : this.#first;
    const farthest = [this.#first.low, this.#first.high, last.low, last.high].map((bound) =>
      Math.abs(bound - offsetMs),
    );
    return { offsetMs, uncertaintyMs: Math.max(...farthest) + RESOLUTION_MS[this.#kind] };
  }
}

interface Bounds {
  readonly low: number;
  readonly high: number;
}

const WIDEST: Bounds = { low: Number.NEGATIVE_INFINITY, high: Number.POSITIVE_INFINITY };

/** Bounds that contradict each other (a clock was set in between) are both kept: the wider truth. */
function intersect(a: Bounds, b: Bounds): Bounds {
  const low = Math.max(a.low, b.low);
  const high = Math.min(a.high, b.high);
  return low <= high ? { low, high } : { low: Math.min(a.low, b.low), high: Math.max(a.high, b.high) };
}

function middle(bounds: Bounds): number {
  return (bounds.low + bounds.high) / 2;
}
