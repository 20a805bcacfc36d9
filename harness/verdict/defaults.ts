/**
 * Every number the statistics assume, declared once and printed in each report.
 * Where a comment names a claim, its cost is the expected number of requests at 1:1.
 */
export const DEFAULTS = {
  /** Consumer's risk: a defect exactly at the margin is called conformant in at most one run of 1000. */
  falsePass: 1e-3,
  /** Producer's risk: 60 checks over ten years of nights make 219 000 runs, of which 0.22 may fail falsely. */
  falseFail: 1e-6,
  /** False alarms of a whole suite, for each run: at most 0.4 in ten years of nights (3650 runs). */
  suiteFalseAlarm: 1e-4,
  /** Largest margin of a share; smaller where it would let an expected share pass for zero. Cost grows as 1/margin². */
  margin: 0.1,
  /** Of the margin, the part that is never failed: deviations between it and the margin may get any verdict. */
  acceptableOfMargin: 0.5,
  /** A foreign share that is ruled out where a label must never answer: 688 answers; 0.001 would need 6905. */
  leakLimit: 0.01,
  /** Longest mean block of equal answers, as a multiple of independent draws, that still counts as balanced. */
  maxBlock: 5,
  /** Weight, in answers, of the belief that answers are independent in the evidence for a share. */
  independencePrior: 200,
  /** A label at this fraction of the smallest equal share is not missed by `reaches`. */
  minShareOfEqual: 0.5,
  /** A bound on errors or on other answers is never failed below this fraction of it. */
  acceptableOfBound: 0.5,
  /** Budgets for a bound assume that this fraction of it is there anyway. */
  backgroundOfBound: 0.1,
  /** Budgets for a preferred label assume that one answer in a hundred is another's, or a fifth of what is allowed. */
  backgroundElsewhere: { share: 0.01, ofBound: 0.2 },
  /** Errors allowed beside any other claim about traffic: its companion check. */
  errorRateBelow: 0.01,
  /** Failover: the clean run after the switch rules out this share of other answers (135 answers). */
  residual: 0.05,
  /** Failover: the pace that plans assume, one call in so many milliseconds for each caller. */
  failoverPaceMs: 100,
  /** Evidence is looked at after every so many answers. */
  round: 25,
  /** No statistical failure before so many answers; a refutation does not wait. */
  minForFail: 100,
  /** Planned probability that a conforming mesh is still undecided when the budget is spent. */
  budgetMiss: 1e-6,
  /** The test that is robust to sticky answers needs this much more than one for independent answers. */
  robustnessCost: 1.1,
  /** Most requests for one claim before the planner refuses it. */
  maxRequests: 20_000,
  /** An e-value from which dependence between answers, or a difference between clients, is taken as shown. */
  diagnosticEvidence: 100,
  /** Error probability of the confidence sequences in reports. */
  intervalAlpha: 1e-3,
  /** Labels told apart in the counts; later ones are counted together. */
  maxLabels: 256,
  /** Connections remembered where the unit is the connection: as many as one client has ports. */
  maxConnections: 65_536,
} as const;
