import { poll } from '../../wait/wait.ts';
import { PATIENCE_MS } from './settings.ts';

/** Waits for something that appears while Istio is being installed. Any failure to look is one of the moment. */
export async function waitFor<T>(what: string, look: () => Promise<T | undefined>): Promise<T> {
  return poll({ what, timeoutMs: PATIENCE_MS, intervalMs: 500, isTransient: () => true }, () => look());
}
