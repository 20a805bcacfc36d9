import type { Answer } from '../traffic/types.ts';
import { poll, WaitTimeout } from '../wait/wait.ts';

/** One way in which calls fail: curl's exit code, or a status and words of the body. */
export interface KnownFailure {
  /** HTTP status. */
  readonly status?: number;
  /** curl's exit code; see its manual page. */
  readonly exitCode?: number;
  readonly words?: string;
}

const CALLS = 20;
const PATIENCE_MS = 15_000;

const isKnown = (answer: Answer, known: KnownFailure): boolean =>
  answer.failure !== undefined &&
  (known.status === undefined || answer.status === known.status) &&
  (known.exitCode === undefined || answer.exitCode === known.exitCode) &&
  (known.words === undefined || answer.excerpt?.includes(known.words) === true);

/** How one call failed, in its own words. */
const told = ({ status, exitCode, excerpt = '' }: Answer): string =>
  `${exitCode === 0 ? `HTTP ${String(status)}` : `curl exit ${String(exitCode)}`} (${excerpt})`;

/**
 * Tells how calls failed if all of some in a row fail in one known way; undefined otherwise. It looks again for a while:
 * what was just applied may not have arrived.
 */
export async function knownFailure(
  calls: { readonly sample: (requests: number) => Promise<readonly Answer[]> },
  known: KnownFailure,
  patience: { readonly withinMs?: number; readonly signal?: AbortSignal } = {},
): Promise<string | undefined> {
  const { withinMs: timeoutMs = PATIENCE_MS, signal } = patience;
  const wait = { what: 'a known failure', timeoutMs, attemptTimeoutMs: timeoutMs, intervalMs: 300, signal };
  return poll(wait, async () => {
    const answers = await calls.sample(CALLS);
    const [first] = answers;
    const all = answers.length === CALLS && answers.every((answer) => isKnown(answer, known));
    return all && first !== undefined
      ? `${String(CALLS)} of ${String(CALLS)} calls: ${told(first)}`
      : undefined;
  }).catch((error: unknown) => {
    if (error instanceof WaitTimeout) return undefined;
    throw error;
  });
}
