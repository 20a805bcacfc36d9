import pLimit, { type LimitFunction } from 'p-limit';

/**
 * Work done so many at a time. What says nothing because of what ran beside it is done once more, when all the rest has
 * ended and nothing runs beside it; what comes of that counts, whatever it is.
 */
export class Turns {
  readonly #together: LimitFunction;
  readonly #alone = pLimit(1);
  readonly #firsts: Promise<unknown>[] = [];
  #again = 0;

  constructor(atOnce: number) {
    this.#together = pLimit(atOnce);
  }

  /** How much was done once more. */
  get again(): number {
    return this.#again;
  }

  /** Waits for its turn, and for a second one if the first says nothing: `onAgain` is told then. */
  async take<T>(
    work: () => Promise<T>,
    saysNothing: (result: T) => boolean,
    onAgain: () => void,
  ): Promise<T> {
    const first = this.#together(work);
    this.#firsts.push(first);
    const result = await first;
    if (!saysNothing(result)) return result;
    this.#again += 1;
    onAgain();
    await Promise.allSettled(this.#firsts);
    return this.#alone(work);
  }
}
