import { bounded } from '../wait/wait.ts';

/** Reads how often a proxy has tried calls again, phase by phase. Only for the report: what cannot be read is left out. */
export class RetryCounter {
  readonly #read: () => Promise<number | undefined>;
  readonly #timeoutMs: number;
  #latest: number | undefined;

  /** @param timeoutMs longest that one reading may take, in milliseconds */
  constructor(read: () => Promise<number | undefined>, timeoutMs: number) {
    this.#read = read;
    this.#timeoutMs = timeoutMs;
  }

  /** Counts from here on. */
  async begin(): Promise<void> {
    const onTimeout = (): Error => new Error('the proxy did not tell its counter in time');
    this.#latest = await bounded({ timeoutMs: this.#timeoutMs, onTimeout }, this.#read).catch(
      () => undefined,
    );
  }

  /** Since it began, or since it was asked last. A proxy that began anew in between counts from nothing: nothing is known. */
  async next(): Promise<{ readonly retries?: number }> {
    const before = this.#latest;
    await this.begin();
    const after = this.#latest;
    return before === undefined || after === undefined || after < before ? {} : { retries: after - before };
  }
}
