import { isDecisive } from './claims/claim.ts';
import type { Claim } from './claims/claim.ts';
import { claimOf } from './claims/index.ts';
import type { CountingRule } from './claims/index.ts';
import { Connections } from './connections.ts';
import { DEFAULTS } from './defaults.ts';
import { dependenceOf } from './evidence/dependence.ts';
import { logHeterogeneity } from './evidence/homogeneity.ts';
import { shareEstimate } from './evidence/interval.ts';
import { LabelCounts } from './label-counts.ts';
import { Tally } from './tally.ts';
import type { SavedTally } from './tally.ts';
import type { Decision, Details, Trial } from './trial.ts';
import type { Assessment, Observation, Plan, Reason, Risk, ShareEstimate } from './types.ts';
import { ERROR_LABEL } from './types.ts';

/** A trial of a counting rule as plain data. */
export interface SavedCounting {
  readonly kind: 'counting';
  readonly tally: SavedTally;
  readonly labels: readonly (readonly [string, number])[];
  readonly connections: readonly string[];
}

/** Answers counted for a rule about which labels answer how often. */
export class CountingTrial implements Trial {
  readonly #claim: Claim;
  readonly #risk: Risk;
  readonly #tally: Tally;
  readonly #labels: LabelCounts;
  readonly #connections: Connections;

  constructor(rule: CountingRule, risk: Risk, saved?: SavedCounting) {
    this.#claim = claimOf(rule);
    this.#risk = risk;
    this.#tally = new Tally(this.#claim.labels, saved?.tally);
    this.#labels = new LabelCounts(saved?.labels);
    this.#connections = new Connections(rule.unit ?? 'request', saved?.connections);
  }

  add(observation: Observation): boolean {
    const { label, client } = observation;
    const isFirst = this.#connections.isFirst(observation);
    this.#labels.add(label);
    const isAnswer = this.#claim.countsErrors || label !== ERROR_LABEL;
    if (!isAnswer) return isFirst;
    const isFact = !isFirst && this.#claim.isFact(label, this.#tally);
    if (isFirst) this.#tally.add(label, client);
    else if (isFact) this.#tally.addFact(label, client);
    else this.#tally.skip(label);
    return isFirst || isFact;
  }

  interrupt(): void {
    this.#tally.interrupt();
  }

  decide(answers: number): Decision | undefined {
    const { logFor, logAgainst } = this.#claim.evidence(this.#tally);
    if (this.#claim.isRefuted(this.#tally)) return { verdict: 'non-conformant', reason: 'refuted' };
    if (logFor === Infinity) return { verdict: 'conformant', reason: 'seen' };
    const fails = isDecisive(logAgainst, this.#risk.falseFail) && answers >= DEFAULTS.minForFail;
    if (!fails && !isDecisive(logFor, this.#risk.falsePass)) return undefined;
    return this.#isPinned()
      ? undefined
      : { verdict: fails ? 'non-conformant' : 'conformant', reason: 'evidence' };
  }

  /** The first decisive look decides, but nothing passes that is refuted outright. */
  reopens(verdict: Decision['verdict']): boolean {
    return verdict === 'conformant' && this.#claim.isRefuted(this.#tally);
  }

  openReason(plan: Plan): Reason {
    if (this.#tally.answers === 0) return 'no-data';
    if (this.#isPinned()) return 'pinned';
    const { repeats, repeatedFacts, draws } = this.#tally;
    if (repeats + repeatedFacts > 0 && draws < plan.maxRequests) return 'units';
    return dependenceOf(this.#tally.sequence()).kind === 'clustered' ? 'clustered' : 'budget';
  }

  details(): Details {
    const { logFor, logAgainst } = this.#claim.evidence(this.#tally);
    return {
      counts: this.#labels.toRecord(),
      independentUnits: this.#tally.draws,
      shares: this.#shares(),
      logEvidenceFor: logFor,
      logEvidenceAgainst: logAgainst,
      dependence: dependenceOf(this.#tally.sequence()),
      homogeneity: this.#homogeneity(),
    };
  }

  save(): SavedCounting {
    return {
      kind: 'counting',
      tally: this.#tally.save(),
      labels: this.#labels.save(),
      connections: this.#connections.save(),
    };
  }

  #homogeneity(): Assessment['homogeneity'] {
    const clients = this.#tally.perClient();
    return clients.length < 2 ? null : { logE: logHeterogeneity(clients), clients: clients.length };
  }

  /** Do the clients see different shares, where the rule takes them for one? */
  #isPinned(): boolean {
    const homogeneity = this.#claim.needsHomogeneity ? this.#homogeneity() : null;
    return homogeneity !== null && homogeneity.logE >= Math.log(DEFAULTS.diagnosticEvidence);
  }

  /** Shares among the answers counted: of the rule's labels, and of others where none was passed over. */
  #shares(): Readonly<Record<string, ShareEstimate>> {
    const all = this.#tally.answers;
    if (all === 0) return {};
    const isOther = (label: string): boolean => label !== ERROR_LABEL && !this.#claim.labels.includes(label);
    const listsOthers = !this.#claim.countsErrors && this.#tally.repeats === 0;
    const others = listsOthers ? this.#labels.labels().filter(isOther) : [];
    const named = this.#claim.labels.map((label) => [label, this.#tally.count(label)] as const);
    const rest = others.map((label) => [label, this.#labels.get(label)] as const);
    return Object.fromEntries(
      [...named, ...rest].map(([label, hits]) => [label, shareEstimate({ hits, misses: all - hits })]),
    );
  }
}
