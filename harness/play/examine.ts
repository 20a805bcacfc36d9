import type { CheckRecord } from '../report/types.ts';
import { bounded, duration, poll, WaitTimeout } from '../wait/wait.ts';
import type { Scene } from './scene.ts';
import type { Finding } from './stage.ts';

/** How long a fact may take to come true before it is judged as it is, in milliseconds. */
export const FACT_PATIENCE_MS = 30_000;

/** One look takes no longer, in milliseconds: it may be two execs, and one alone takes 20 s on a busy node. */
const LOOK_MS = 40_000;

/**
 * Looks until the fact holds, a finding is final, or patience ends; the last look is what is judged.
 *
 * @throws the reason of the scene's signal when it is aborted
 */
export async function examine(
  scene: Scene,
  check: string,
  how: { readonly look: () => Promise<Finding>; readonly timeoutMs: number },
): Promise<CheckRecord['verdict']> {
  const startedAt = Date.now();
  scene.recorder.say(scene.recorder.declaration(check).sentence, { check: scene.recorder.idOf(check) });
  const { finding, trouble } = await lastLook(scene, how);
  // A look that fails says something of our way to the cluster, nothing of the mesh.
  if (finding === undefined) {
    return scene.recorder.record(check, {
      verdict: 'inconclusive',
      reason: 'not-seen',
      message: trouble?.message ?? 'nothing was seen',
      startedAt,
    });
  }
  return scene.recorder.record(check, {
    verdict: finding.holds ? 'conformant' : 'non-conformant',
    reason: finding.holds ? 'seen' : 'refuted',
    message: finding.seen,
    ...(finding.figures === undefined ? {} : { figures: finding.figures }),
    startedAt,
  });
}

interface Look {
  readonly finding?: Finding;
  /** Why there is none. */
  readonly trouble?: Error;
}

/**
 * Patience is for the mesh. What our own way to the cluster costs is not taken from it: a look that the deadline cut short
 * is seen to its end, and one that failed is taken once more.
 */
async function lastLook(
  { signal }: Scene,
  { look, timeoutMs }: { readonly look: () => Promise<Finding>; readonly timeoutMs: number },
): Promise<Look> {
  let latest: Promise<Finding> | undefined;
  // A look that throws at once has failed like any other.
  const begin = async (): Promise<Finding> => look();
  const options = { timeoutMs, intervalMs: 1000, attemptTimeoutMs: LOOK_MS, signal };
  await poll({ what: 'a fact', ...options, isTransient: () => true }, async () => {
    latest = begin();
    const { holds, final } = await latest;
    return holds || final === true ? true : undefined;
  }).catch((error: unknown) => {
    if (!(error instanceof WaitTimeout)) throw error;
  });
  const seen = (begun: Promise<Finding>): Promise<Look> =>
    bounded({ timeoutMs: LOOK_MS, signal, onTimeout: () => new Hangs() }, () => begun).then(
      (finding) => ({ finding }),
      (error: unknown) => {
        signal.throwIfAborted();
        return { trouble: error instanceof Error ? error : new Error(String(error)) };
      },
    );
  const last = await seen(latest ?? begin());
  return last.finding !== undefined || last.trouble instanceof Hangs ? last : seen(begin());
}

class Hangs extends Error {
  constructor() {
    super(`a look took longer than ${duration(LOOK_MS)}`);
  }
}
