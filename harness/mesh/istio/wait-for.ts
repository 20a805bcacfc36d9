import { poll } from '../../wait/wait.ts';
import { PATIENCE_MS } from './settings.ts';

/**
 * Waits for something that appears while Istio is being installed. Any failure to look is one of the moment. `saw` is told
 * what there is until then, for whoever waited in vain.
 */
export async function waitFor<T>(
  what: string,
  signal: AbortSignal,
  look: (saw: (text: string) => void) => Promise<T | undefined>,
): Promise<T> {
  const options = { what, signal, timeoutMs: PATIENCE_MS, intervalMs: 500, isTransient: () => true };
  return poll(options, (saw) => look(saw));
}
