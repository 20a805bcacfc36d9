import { run } from '../../command/command.ts';
import { CommandError } from '../../command/command-error.ts';

/** What came of asking a program something. */
export type Probe =
  | { readonly kind: 'ran'; readonly exitCode: number; readonly stdout: string; readonly stderr: string }
  | { readonly kind: 'missing' }
  /** It could not be started, or did not end in time. */
  | { readonly kind: 'failed'; readonly message: string };

/** A program that answers at all answers in a fraction of this, in milliseconds. */
const TIMEOUT_MS = 10_000;

/** Runs a program that only tells something; never throws. */
export async function probe(
  program: string,
  args: readonly string[],
  timeoutMs = TIMEOUT_MS,
): Promise<Probe> {
  const options = { timeoutMs, graceMs: 1_000, allowFailure: true, wholeOutput: true };
  try {
    const { exitCode, stdout, stderr } = await run(program, args, options);
    return { kind: 'ran', exitCode, stdout, stderr };
  } catch (error) {
    if (error instanceof CommandError && error.kind === 'missing') return { kind: 'missing' };
    const message = error instanceof Error ? error.message : String(error);
    return { kind: 'failed', message: message.split('\n')[0] ?? message };
  }
}

/** Standard output of a program that succeeded; undefined otherwise. */
export async function probeOutput(program: string, args: readonly string[]): Promise<string | undefined> {
  const answer = await probe(program, args);
  return answer.kind === 'ran' && answer.exitCode === 0 ? answer.stdout : undefined;
}
