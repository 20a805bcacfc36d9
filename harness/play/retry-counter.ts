import { bounded } from '../wait/wait.ts';

/** Reads how often a proxy has tried calls again, phase by phase. Only for the report: what cannot be read is left out. */
export class RetryCounter {
  readonly #read: () => Promise<number | undefined>;
  readonly #bounds: { readonly timeoutMs: number; readonly signal: AbortSignal };
  #latest: number | undefined;

  /** @param bounds longest that one reading may take, in milliseconds, and what ends it before */
  constructor(
    read: () => Promise<number | undefined>,
    bounds: { readonly timeoutMs: number; readonly signal: AbortSignal },
  ) {
    this.#read = read;
    this.#bounds = bounds;
  }

  /** Counts from here on. */
  async begin(): Promise<void> {
    const onTimeout = (): Error => new Error('the proxy did not tell its counter in time');
    this.#latest = await bounded({ ...this.#bounds, onTimeout }, this.#read).catch(() => undefined);
  }

  /** Since it began, or since it was asked last. A proxy that began anew in between counts from nothing: nothing is known. */
  async next(): Promise<{ readonly retries?: number }> {
    const before = this.#latest;
    await this.begin();
    const after = this.#latest;
    return before === undefined || after === undefined || after < before ? {} : { retries: after - before };
  }
}
