/** How the thread that plays hears that the run was ended, and why: a signal does not cross threads. */
import { setMaxListeners } from 'node:events';
import { abortReason } from '../wait/wait.ts';

/** A run goes by the folder that it writes to, which no other has. */
const channelOf = (directory: string): BroadcastChannel => new BroadcastChannel(`meshproof-end-${directory}`);

/** A thread that begins to listen asks whether the run is over already. */
const ASKED = 'is it over?';

interface Ended {
  readonly why: string;
}

const isEnded = (data: unknown): data is Ended => typeof data === 'object' && data !== null && 'why' in data;

/** Tells all threads of a run when its signal aborts, with the reason. The result ends that. */
export function tellOfTheEnd(directory: string, signal: AbortSignal): () => void {
  const channel = channelOf(directory);
  const tell = (): void => {
    channel.postMessage({ why: abortReason(signal).message } satisfies Ended);
  };
  channel.onmessage = (message: unknown) => {
    if ((message as { data: unknown }).data === ASKED && signal.aborted) tell();
  };
  signal.addEventListener('abort', tell, { once: true });
  return () => {
    signal.removeEventListener('abort', tell);
    channel.close();
  };
}

/** The end of a run, as a thread of it hears of it. */
export interface HeardEnd {
  /** Aborts when the run is ended, with the run's own reason. */
  readonly signal: AbortSignal;
  close(): void;
}

/** Listens for the end of a run, also where it was ended before. */
export function hearOfTheEnd(directory: string): HeardEnd {
  const controller = new AbortController();
  // Everything that waits or runs listens: how many are at once is no sign of a leak.
  setMaxListeners(0, controller.signal);
  const channel = channelOf(directory);
  channel.onmessage = (message: unknown) => {
    const { data } = message as { data: unknown };
    if (isEnded(data)) controller.abort(new Error(data.why));
  };
  channel.postMessage(ASKED);
  return {
    signal: controller.signal,
    close: () => {
      channel.close();
    },
  };
}

/**
 * The signal of one play: the run's end, or what vitest gives a test up for, whichever comes first. vitest cancels all
 * tests where one failed under `--fail-fast`, and calls that an abortion by the user.
 */
export function endOfPlay(test: AbortSignal, run: AbortSignal): AbortSignal {
  const controller = new AbortController();
  setMaxListeners(0, controller.signal);
  const end = (): void => {
    controller.abort(reasonOf(test, run));
  };
  for (const signal of [test, run]) {
    if (signal.aborted) end();
    else signal.addEventListener('abort', end, { once: true });
  }
  return controller.signal;
}

function reasonOf(test: AbortSignal, run: AbortSignal): Error {
  if (run.aborted) return abortReason(run);
  const { reason } = test as { reason: unknown };
  return reason instanceof Error && reason.name === 'TestRunAbortError'
    ? new Error('a check was non-conformant, and --fail-fast was given')
    : abortReason(test);
}
