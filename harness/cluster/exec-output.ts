/** Collects a command's output: whole and capped, or line by line in constant memory. */
import { StringDecoder } from 'node:string_decoder';

/** Takes bytes as they arrive, whatever their boundaries. */
export interface Sink {
  /** False if the cap was exceeded; the bytes up to the cap are kept. */
  push(bytes: Buffer, atMs: number): boolean;
  /** Says that nothing more comes: a last line without a line feed is a line too. */
  end(atMs: number): void;
  /** What is kept. */
  text(): string;
}

/** Keeps everything, up to `maxBytes`. */
export function collector(maxBytes: number): Sink {
  const chunks: Buffer[] = [];
  let size = 0;
  return {
    push: (bytes) => {
      const kept = bytes.subarray(0, maxBytes - size);
      if (kept.length > 0) chunks.push(kept);
      size += kept.length;
      return kept.length === bytes.length;
    },
    end: () => undefined,
    text: () => Buffer.concat(chunks).toString('utf8'),
  };
}

/** Gives each line to `onLine` without its line feed (or CR LF); keeps only the line that is not complete yet. */
export function lineSplitter(onLine: (line: string, atMs: number) => void, maxBytes: number): Sink {
  const decoder = new StringDecoder('utf8');
  let half = '';
  const emit = (line: string, atMs: number): void => {
    onLine(line.endsWith('\r') ? line.slice(0, -1) : line, atMs);
  };
  return {
    push: (bytes, atMs) => {
      const parts = decoder.write(bytes).split('\n');
      const last = parts.pop() ?? '';
      const [first, ...rest] = parts;
      if (first === undefined) {
        half += last;
      } else {
        emit(half + first, atMs);
        for (const line of rest) emit(line, atMs);
        half = last;
      }
      return half.length <= maxBytes;
    },
    end: (atMs) => {
      half += decoder.end();
      if (half !== '') emit(half, atMs);
      half = '';
    },
    text: () => '',
  };
}
