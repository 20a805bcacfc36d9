/** What can stand still, as a process that is stopped: whatever shall go on waits until it runs again. */
export class Still {
  #frozen = false;
  readonly #waiting = new Set<() => void>();

  get frozen(): boolean {
    return this.#frozen;
  }

  freeze(): void {
    this.#frozen = true;
  }

  unfreeze(): void {
    this.#frozen = false;
    for (const go of this.#waiting) go();
    this.#waiting.clear();
  }

  /** Resolves at once while it runs. */
  async moving(): Promise<void> {
    while (this.#frozen) await new Promise<void>((resolve) => this.#waiting.add(resolve));
  }
}
