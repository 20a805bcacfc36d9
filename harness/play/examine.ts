import type { CheckRecord } from '../report/types.ts';
import { poll, WaitTimeout } from '../wait/wait.ts';
import type { Scene } from './scene.ts';
import type { Finding } from './stage.ts';

/** How long a fact may take to come true before it is judged as it is, in milliseconds. */
export const FACT_PATIENCE_MS = 30_000;

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
  let last: Finding | undefined;
  let trouble: string | undefined;
  await poll(
    {
      what: check,
      timeoutMs: how.timeoutMs,
      intervalMs: 1000,
      signal: scene.signal,
      isTransient: () => true,
    },
    async () => {
      try {
        last = await how.look();
        trouble = undefined;
      } catch (error) {
        trouble = error instanceof Error ? error.message : String(error);
        throw error;
      }
      return last.holds || last.final === true ? true : undefined;
    },
  ).catch((error: unknown) => {
    if (!(error instanceof WaitTimeout)) throw error;
  });
  // A look that fails says something of our way to the cluster, nothing of the mesh.
  const known = last !== undefined && trouble === undefined;
  return scene.recorder.record(check, {
    verdict: !known ? 'inconclusive' : last?.holds === true ? 'conformant' : 'non-conformant',
    reason: !known ? 'not-seen' : last?.holds === true ? 'seen' : 'refuted',
    message: trouble ?? last?.seen ?? 'nothing was seen',
    ...(last?.figures === undefined ? {} : { figures: last.figures }),
    startedAt,
  });
}
