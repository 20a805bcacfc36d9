import { redact } from './redact.ts';

/** `missing`: no such program; `exit`: exit code not 0; `signal`: killed by somebody else; `output`: too much of it. */
export type CommandErrorKind = 'missing' | 'exit' | 'signal' | 'timeout' | 'aborted' | 'output';

/** What is known of a command that failed. */
export interface CommandFailure {
  /** As a shell takes it. */
  readonly command: string;
  readonly reason: string;
  readonly exitCode?: number;
  readonly stdout?: string;
  readonly stderr?: string;
}

const LINES_TOLD = 10;

/** A program that did not do what it was started for. The message holds the command to paste and its last words. */
export class CommandError extends Error {
  override readonly name = 'CommandError';
  readonly kind: CommandErrorKind;
  readonly command: string;
  /** Undefined if it did not end by itself. */
  readonly exitCode: number | undefined;
  /** The last 64 KiB. */
  readonly stdout: string;
  readonly stderr: string;

  constructor(kind: CommandErrorKind, failure: CommandFailure) {
    const { command, reason, exitCode, stdout = '', stderr = '' } = failure;
    super(
      redact(
        [reason, `  command: ${command}`, ...lastLines(stderr.trim() === '' ? stdout : stderr)].join('\n'),
      ),
    );
    this.kind = kind;
    this.command = redact(command);
    this.exitCode = exitCode;
    this.stdout = stdout;
    this.stderr = stderr;
  }
}

function lastLines(text: string): string[] {
  const lines = text.trimEnd().split('\n').slice(-LINES_TOLD);
  return lines.filter((line) => line.trim() !== '').map((line) => `  | ${line}`);
}
