import type { Sequence } from './evidence/dependence.ts';
import type { SeenShare } from './evidence/share.ts';

/** Answers of one client: counts by class, and the class of its last answer. */
interface ClientTally {
  readonly counts: number[];
  last: number | null;
}

/** A tally as plain data. */
export interface SavedTally {
  readonly clients: readonly (readonly [
    string,
    { readonly counts: readonly number[]; readonly last: number | null },
  ])[];
  readonly transitions: readonly (readonly number[])[];
  readonly repeats: number;
  /** None of both in evidence that was stored before they were counted. */
  readonly repeatedFacts?: number;
  readonly repeatedOthers?: number;
}

const zeros = (length: number): number[] => Array.from({ length }, () => 0);
const sum = (numbers: readonly number[]): number => numbers.reduce((total, number) => total + number, 0);

/** Adds one to a place of a list that is known to have it. */
const increment = (counts: number[], index: number): void => {
  counts[index] = (counts[index] ?? 0) + 1;
};

/**
 * All that the evidence needs of the answers so far: how many of each class, and how often one class followed another
 * within one client. A class is a label that the rule names, or "any other", so that memory is bounded by the
 * rule and the number of clients, never by the number of answers.
 */
export class Tally {
  readonly #classOf: ReadonlyMap<string, number>;
  readonly #clients: Map<string, ClientTally>;
  readonly #transitions: number[][];
  readonly #counts: number[];
  #repeats: number;
  #repeatedFacts: number;
  #repeatedOthers: number;

  constructor(labels: readonly string[], saved?: SavedTally) {
    const classes = labels.length + 1;
    this.#classOf = new Map(labels.map((label, index) => [label, index]));
    this.#clients = new Map(
      saved?.clients.map(([name, { counts, last }]) => [name, { counts: [...counts], last }]),
    );
    this.#transitions = Array.from({ length: classes }, (_, row) => [
      ...(saved?.transitions[row] ?? zeros(classes)),
    ]);
    const rows = [...this.#clients.values()];
    this.#counts = zeros(classes).map((_, index) => sum(rows.map(({ counts }) => counts[index] ?? 0)));
    this.#repeats = saved?.repeats ?? 0;
    this.#repeatedFacts = saved?.repeatedFacts ?? 0;
    this.#repeatedOthers = saved?.repeatedOthers ?? 0;
  }

  /** Counts one answer of a client. */
  add(label: string, client = ''): void {
    const seen = this.#classOf.get(label) ?? this.#classOf.size;
    const tally = this.#clients.get(client) ?? { counts: zeros(this.#counts.length), last: null };
    this.#clients.set(client, tally);
    increment(tally.counts, seen);
    increment(this.#counts, seen);
    if (tally.last !== null) increment(this.#transitions[tally.last] ?? [], seen);
    tally.last = seen;
  }

  /** Counts one answer that is no independent draw, because its connection repeats, but a fact all the same. */
  addFact(label: string, client?: string): void {
    this.#repeatedFacts++;
    this.add(label, client);
  }

  /** Passes over an answer that is no independent draw, because its connection repeats. */
  skip(label: string): void {
    this.#repeats++;
    if (!this.#classOf.has(label)) this.#repeatedOthers++;
  }

  /** The stream was broken: the next answer of each client follows none. */
  interrupt(): void {
    for (const client of this.#clients.values()) client.last = null;
  }

  /** Answers counted: independent draws and facts. */
  get answers(): number {
    return sum(this.#counts);
  }

  /** Answers counted although their connection repeats. */
  get repeatedFacts(): number {
    return this.#repeatedFacts;
  }

  /** Answers passed over of labels that the rule does not name. */
  get repeatedOthers(): number {
    return this.#repeatedOthers;
  }

  /** Independent draws: answers counted that came first on their connection. */
  get draws(): number {
    return this.answers - this.#repeatedFacts;
  }

  /** Answers passed over. */
  get repeats(): number {
    return this.#repeats;
  }

  /** Answers of one label, or of none that the rule names. */
  count(label?: string): number {
    return this.#counts[this.#indexOf(label)] ?? 0;
  }

  /** One label against all others. */
  share(label: string): SeenShare {
    const index = this.#indexOf(label);
    const hits = this.#counts[index] ?? 0;
    const n11 = this.#transitions[index]?.[index] ?? 0;
    const n10 = sum(this.#transitions[index] ?? []) - n11;
    const n01 = sum(this.#transitions.map((row) => row[index] ?? 0)) - n11;
    const n00 = sum(this.#transitions.flat()) - n11 - n10 - n01;
    return { hits, misses: this.answers - hits, transitions: { n01, n00, n10, n11 } };
  }

  /** The answers as one sequence of classes, for the dependence diagnostic. */
  sequence(): Sequence {
    const streams = this.answers - sum(this.#transitions.flat());
    return { counts: this.#counts, transitions: this.#transitions, streams };
  }

  /** One row of counts for each client that has answers, over the classes that were seen at all. */
  perClient(): number[][] {
    const rows = [...this.#clients.values()].map(({ counts }) => counts);
    return rows.map((row) => row.filter((_, index) => rows.some((other) => (other[index] ?? 0) > 0)));
  }

  save(): SavedTally {
    return {
      clients: [...this.#clients].map(([name, { counts, last }]) => [name, { counts: [...counts], last }]),
      transitions: this.#transitions.map((row) => [...row]),
      repeats: this.#repeats,
      repeatedFacts: this.#repeatedFacts,
      repeatedOthers: this.#repeatedOthers,
    };
  }

  #indexOf(label: string | undefined): number {
    return (label === undefined ? undefined : this.#classOf.get(label)) ?? this.#classOf.size;
  }
}
