import { DEFAULTS } from './defaults.ts';

/** Where answers of labels past the limit are counted together. */
const OTHERS = '(other labels)';

/** Every answer by its label, errors too: a bounded number of labels, whatever the answers say. */
export class LabelCounts {
  readonly #counts: Map<string, number>;

  constructor(saved: readonly (readonly [string, number])[] = []) {
    this.#counts = new Map(saved);
  }

  add(label: string): void {
    const isKnown = this.#counts.has(label) || this.#counts.size < DEFAULTS.maxLabels;
    const key = isKnown ? label : OTHERS;
    this.#counts.set(key, (this.#counts.get(key) ?? 0) + 1);
  }

  get(label: string): number {
    return this.#counts.get(label) ?? 0;
  }

  labels(): string[] {
    return [...this.#counts.keys()];
  }

  save(): [string, number][] {
    return [...this.#counts];
  }

  toRecord(): Readonly<Record<string, number>> {
    return Object.fromEntries(this.#counts);
  }
}
