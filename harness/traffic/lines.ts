/** What a line of the loop's own says. A pure function of the line: anything else than these forms is null. */

/** Longest line of a paced loop: PIPE_BUF is 4096 bytes, and one write of up to that never mixes with another. */
export const PACED_LINE_BYTES = 4000;
/** No mark is longer. */
const MARK_BYTES = 32;

/** One line of loop.sh, without its mark. Times (`podMs`) are milliseconds of the pod's clock. */
export type LoopLine =
  | { readonly type: 'hello'; readonly clock: string; readonly curl: string }
  | { readonly type: 'pong'; readonly number: number; readonly podMs: number }
  | { readonly type: 'begin'; readonly sequence: number; readonly count: number; readonly podMs: number }
  | {
      readonly type: 'end';
      readonly sequence: number;
      readonly count: number;
      readonly podMs: number;
      readonly exitCode: number;
      readonly stopped: boolean;
    }
  | { readonly type: 'record'; readonly index: number; readonly record: CurlRecord }
  | {
      readonly type: 'answer';
      readonly sequence: number;
      readonly sentPodMs: number;
      readonly receivedPodMs: number;
      readonly record: CurlRecord;
      readonly body: string;
      /** The body was longer than a line may be. */
      readonly cut: boolean;
    }
  | { readonly type: 'trailer'; readonly sent: number; readonly stopped: boolean };

/** What curl's write-out says about one call. */
export interface CurlRecord {
  readonly exitCode: number;
  readonly status: number;
  readonly localPort: number;
  readonly connects: number;
  readonly durationMs: number;
  readonly attemptCount?: number;
  readonly message: string;
}

/** Of a call that opened no connection curl gives the port 0, some versions -1. */
const RECORD =
  /^(\d{1,9}) (\d{1,9}) (\d{1,9}) (-1|\d{1,5}) (-?\d{1,9}) (\d{1,9}\.\d{1,9}) \[([^\]]*)\] ?(.*)$/s;

/** Reads one line after its mark and a blank. */
export function readLine(text: string): LoopLine | null {
  const rest = text.slice(2);
  switch (text.slice(0, 2)) {
    case 'h ':
      return { type: 'hello', clock: rest.split(' ', 1)[0] ?? '', curl: rest.slice(rest.indexOf(' ') + 1) };
    case 'p ':
      return readNumbers(rest, 2, ([number = 0, at = 0]) => ({ type: 'pong', number, podMs: at * 10 }));
    case 'b ':
      return readNumbers(rest, 3, ([sequence = 0, count = 0, at = 0]) => ({
        type: 'begin',
        sequence,
        count,
        podMs: at * 10,
      }));
    case 'e ':
      return readNumbers(rest, 5, readEnd);
    case 'r ':
      return readRecord(rest);
    case 'a ':
      return readAnswer(rest);
    case 'z ':
      return readNumbers(rest, 2, ([sent = 0, stopped = 0]) => ({
        type: 'trailer',
        sent,
        stopped: stopped === 1,
      }));
    default:
      return null;
  }
}

function readEnd([sequence = 0, count = 0, at = 0, exitCode = 0, stopped = 0]: readonly number[]): LoopLine {
  return { type: 'end', sequence, count, podMs: at * 10, exitCode, stopped: stopped === 1 };
}

function readNumbers(
  text: string,
  count: number,
  make: (numbers: readonly number[]) => LoopLine,
): LoopLine | null {
  const words = text.split(' ');
  if (words.length !== count || words.some((word) => !/^\d{1,15}$/.test(word))) return null;
  return make(words.map(Number));
}

function readRecord(text: string): LoopLine | null {
  const parsed = parseRecord(text);
  return parsed && { type: 'record', index: parsed.index, record: parsed.record };
}

function readAnswer(text: string): LoopLine | null {
  const head = /^(\d{1,15}) (\d{1,15}) (\d{1,15}) /.exec(text);
  if (!head) return null;
  const [whole, sequence, sent, received] = head;
  const tab = text.indexOf('\t');
  const parsed = parseRecord(text.slice(whole.length, tab < 0 ? undefined : tab));
  if (!parsed) return null;
  return {
    type: 'answer',
    sequence: Number(sequence),
    sentPodMs: Number(sent) * 10,
    receivedPodMs: Number(received) * 10,
    record: parsed.record,
    body: tab < 0 ? '' : text.slice(tab + 1),
    cut: Buffer.byteLength(text) > PACED_LINE_BYTES - MARK_BYTES,
  };
}

function parseRecord(text: string): { index: number; record: CurlRecord } | null {
  const match = RECORD.exec(text);
  if (!match) return null;
  const [, index, exitCode, status, port, connects, time, attempts = '', message = ''] = match;
  const record: CurlRecord = {
    exitCode: Number(exitCode),
    status: Number(status),
    localPort: Math.max(0, Number(port)),
    connects: Math.max(0, Number(connects)),
    durationMs: Number(time) * 1000,
    message,
    ...(/^\d{1,6}$/.test(attempts) ? { attemptCount: Number(attempts) } : {}),
  };
  return { index: Number(index), record };
}
