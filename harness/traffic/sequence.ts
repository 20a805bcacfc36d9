/** Which of the calls 0, 1, 2, … have their outcome, in memory that does not grow with their number. */
export class Sequence {
  #next = 0;
  readonly #ahead = new Set<number>();

  /** All calls before this one have their outcome. */
  get next(): number {
    return this.#next;
  }

  /** Notes that a call has its outcome; false if it had one already. */
  take(sequence: number): boolean {
    if (sequence < this.#next || this.#ahead.has(sequence)) return false;
    this.#ahead.add(sequence);
    while (this.#ahead.delete(this.#next)) this.#next += 1;
    return true;
  }

  /** Gives up all calls before `limit` that have no outcome, and names them in order. */
  *giveUp(limit: number): Generator<number> {
    while (this.#next < limit) {
      const sequence = this.#next;
      this.#next += 1;
      if (!this.#ahead.delete(sequence)) yield sequence;
    }
    while (this.#ahead.delete(this.#next)) this.#next += 1;
  }

  /** Passes over all calls before `limit`: they were never made. */
  skipTo(limit: number): void {
    for (const _passed of this.giveUp(limit)) {
      // Taking them is giving them up.
    }
  }

  /** Calls without an outcome that began before one that has its own. */
  get holes(): number {
    return this.#ahead.size === 0 ? 0 : Math.max(...this.#ahead) + 1 - this.#next - this.#ahead.size;
  }
}
