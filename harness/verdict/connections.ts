import { DEFAULTS } from './defaults.ts';
import type { Observation, Unit } from './types.ts';

/**
 * Tells the first answer of each connection from the ones that follow on it. Where the unit is the request, every
 * answer is a first one. Answers that do not say which connection carried them share one: that they are independent
 * would have to be shown. Remembers a bounded number of connections; past it, an answer counts as a repetition.
 */
export class Connections {
  readonly #unit: Unit;
  readonly #seen: Set<string>;

  constructor(unit: Unit, seen: readonly string[] = []) {
    this.#unit = unit;
    this.#seen = new Set(seen);
  }

  /** Is this the first answer of its connection? Asking marks the connection as seen. */
  isFirst(observation: Observation): boolean {
    if (this.#unit === 'request') return true;
    const key = JSON.stringify([observation.client ?? '', observation.connection ?? '']);
    if (this.#seen.has(key) || this.#seen.size >= DEFAULTS.maxConnections) return false;
    this.#seen.add(key);
    return true;
  }

  save(): string[] {
    return [...this.#seen];
  }
}
