/** Counters of a proxy, named as Envoy names them. */
export class Stats {
  readonly #counters = new Map<string, number>();

  add(name: string, by = 1): void {
    this.#counters.set(name, (this.#counters.get(name) ?? 0) + by);
  }

  /** Those whose name matches, sorted. */
  matching(filter: RegExp): { readonly name: string; readonly value: number }[] {
    return [...this.#counters]
      .filter(([name]) => filter.test(name))
      .map(([name, value]) => ({ name, value }))
      .sort((a, b) => a.name.localeCompare(b.name));
  }
}
