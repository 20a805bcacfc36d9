/** What one outcome of a call means: a version, or an error with its kind. The same for calls from pods and from outside. */
import { ERROR_LABEL } from '../verdict/types.ts';
import { LOOP_DEFAULTS } from './loop.ts';
import type { Answer, Call, Failure } from './types.ts';

/** What was seen of a call. */
export interface Outcome {
  readonly status: number;
  readonly body: string;
  /** Set if no whole answer came. */
  readonly failure?: Failure;
  /** Only the beginning of the body was kept: if it names no version, that says nothing about the answer. */
  readonly cut?: boolean;
  /** The client's words about it. */
  readonly message?: string;
}

/** The part of an answer that its outcome decides. */
export type Labelled = Pick<Answer, 'label' | 'status' | 'failure' | 'instance' | 'excerpt'>;

const EXCERPT = 300;
const LABEL = 100;

/** Makes the labelling of a call's outcomes. The call's patterns must be valid. */
export function labeller(call: Call): (outcome: Outcome) => Labelled {
  const version = new RegExp(call.answeredBy.version);
  const instance = call.answeredBy.instance === undefined ? undefined : new RegExp(call.answeredBy.instance);
  const statuses = call.statuses ?? LOOP_DEFAULTS.statuses;
  return (outcome) => {
    if (outcome.failure) return asError(outcome, outcome.failure);
    if (!statuses.includes(outcome.status)) return asError(outcome, 'status');
    const label = firstGroup(version, outcome.body);
    if (label === undefined) return asError(outcome, outcome.cut === true ? 'too-large' : 'unparsable');
    const seen = instance && firstGroup(instance, outcome.body);
    return {
      label: call.answeredBy.names?.[label] ?? label,
      status: outcome.status,
      ...(seen === undefined ? {} : { instance: seen }),
    };
  };
}

function asError(outcome: Outcome, failure: Failure): Labelled {
  const excerpt = printable(outcome.failure && outcome.message ? outcome.message : outcome.body).slice(
    0,
    EXCERPT,
  );
  return { label: ERROR_LABEL, status: outcome.status, failure, ...(excerpt === '' ? {} : { excerpt }) };
}

function firstGroup(pattern: RegExp, body: string): string | undefined {
  const match = pattern.exec(body);
  const text = printable(match?.[1] ?? match?.[0] ?? '').slice(0, LABEL);
  return text === '' ? undefined : text;
}

/** One line without control characters, so that no server can write on a terminal or break a report. */
export function printable(text: string): string {
  return text
    .replaceAll(/[\p{Cc}\p{Cf}\p{Cs}\u2028\u2029]+/gu, ' ')
    .replaceAll(/ {2,}/g, ' ')
    .trim();
}

/** Kinds of failure by curl's exit code (man curl, EXIT CODES). */
const CURL_FAILURES: Readonly<Record<number, Failure>> = {
  5: 'resolve',
  6: 'resolve',
  7: 'refused',
  18: 'partial',
  28: 'timeout',
  35: 'tls',
  51: 'tls',
  52: 'empty',
  55: 'reset',
  56: 'reset',
  58: 'tls',
  60: 'tls',
  63: 'too-large',
  77: 'tls',
  92: 'reset',
};

/** The failure that an exit code of curl stands for; undefined for 0. */
export function curlFailure(exitCode: number): Failure | undefined {
  return exitCode === 0 ? undefined : (CURL_FAILURES[exitCode] ?? 'client');
}
