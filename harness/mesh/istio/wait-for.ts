import { poll } from '../../wait/wait.ts';
import { PATIENCE_MS } from './settings.ts';

/** Waits for something that appears while Istio is being installed. Any failure to look is one of the moment. */
export async function waitFor<T>(
  what: string,
  signal: AbortSignal,
  look: () => Promise<T | undefined>,
): Promise<T> {
  const options = { what, signal, timeoutMs: PATIENCE_MS, intervalMs: 500, isTransient: () => true };
  return poll(options, () => look());
}
