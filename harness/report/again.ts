import type { CheckRecord } from './types.ts';

/** How what a run played is played again, as far as the run itself knows it. */
export interface Again {
  /** The run's command to paste, with what decides on what it plays, and without what is played. */
  readonly command: string;
  /** Did the run make its clusters? Then their kubeconfig files go with them. */
  readonly ownsClusters: boolean;
  /** What outlives the run: SUITE/VARIANT of those who were played there, and the words that play something there. */
  readonly kept?: { readonly places: readonly string[]; readonly words: string };
}

const GONE =
  'the clusters of this run are gone, with the kubeconfig files that commands here name; ' +
  'the command behind "again" keeps new ones, and says at its end where theirs are';

/**
 * A check with the command that shows it again. What asks in the run's own clusters or namespaces is no use when they are
 * gone: then it is a run of the scenario that keeps them. Conformant and skipped checks stay as they are.
 */
export function withAgain(check: CheckRecord, again: Again | undefined): CheckRecord {
  const isTrouble = check.verdict === 'non-conformant' || check.verdict === 'inconclusive';
  if (again === undefined || !isTrouble || check.claim === 'run') return check;
  const { suite, variant, scenario, diagnostics, message } = check;
  const isKept = again.kept?.places.includes(`${suite}/${variant}`) ?? false;
  if (isKept && diagnostics?.again !== undefined) return check;
  const hints = diagnostics?.hints ?? [];
  const isDead = !isKept && namesFiles(message, hints);
  const keeps = diagnostics?.again !== undefined || isDead;
  const words = [
    again.command,
    `--suite ${suite} --variant ${variant} --scenario ${scenario}`,
    ...(isKept ? [again.kept?.words ?? ''] : keeps ? ['--keep'] : []),
  ];
  const tellsSo = isDead && again.ownsClusters && !hints.includes(GONE);
  return {
    ...check,
    diagnostics: {
      ...(diagnostics ?? { files: [] }),
      hints: tellsSo ? [...hints, GONE] : hints,
      again: words.join(' '),
    },
  };
}

/** Do words of it that are shown beside the command name a kubeconfig file? */
const namesFiles = (message: string, hints: readonly string[]): boolean =>
  [message, ...hints].some((text) => /\b(kubectl|istioctl) /.test(text));
