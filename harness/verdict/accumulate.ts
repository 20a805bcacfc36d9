/** Evidence of one check over several runs. */

/** What a run found of a check, and of which version of the mesh. */
export interface RunEvidence {
  readonly meshVersion: string;
  readonly requests: number;
  readonly logEvidenceFor: number;
  readonly logEvidenceAgainst: number;
}

/**
 * Evidence of separate runs multiplies, because each starts afresh. It speaks about one version of the mesh: against
 * "non-conformant in every run", so that versions must not be mixed.
 * @throws if the runs are of different versions
 */
export function accumulateEvidence(runs: readonly RunEvidence[]): RunEvidence {
  const [first] = runs;
  if (first === undefined) throw new RangeError('expected the evidence of at least one run, found none');
  const versions = [...new Set(runs.map(({ meshVersion }) => meshVersion))];
  if (versions.length > 1) {
    throw new Error(
      `expected runs of one mesh version, found ${versions.join(', ')}: their evidence does not add up`,
    );
  }
  const refuted = runs.some(({ logEvidenceAgainst }) => logEvidenceAgainst === Infinity);
  const total = (pick: (run: RunEvidence) => number): number => runs.reduce((sum, run) => sum + pick(run), 0);
  return {
    meshVersion: first.meshVersion,
    requests: total(({ requests }) => requests),
    logEvidenceFor: refuted ? -Infinity : total(({ logEvidenceFor }) => logEvidenceFor),
    logEvidenceAgainst: refuted ? Infinity : total(({ logEvidenceAgainst }) => logEvidenceAgainst),
  };
}
