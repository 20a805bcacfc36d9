/** Answers as text: one JSON object a line, or one label a line. A line that says nothing is a lost call, never skipped. */
import { z } from 'zod';
import type { Observation } from './types.ts';
import { ERROR_LABEL } from './types.ts';

/** Null is as good as absent, and so is what cannot be read: a label says who answered all the same. Further fields are let be. */
const optionalNumber = z.number().nullish().catch(undefined);
const optionalName = z.union([z.string(), z.number()]).nullish().catch(undefined);
const answer = z.object({
  label: z.string().min(1),
  sentMs: optionalNumber,
  receivedMs: optionalNumber,
  connection: optionalName,
  client: optionalName,
});

const LOST: Observation = { label: ERROR_LABEL };

function parseJson(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

/** One answer from a line of JSON; undefined if it is none. */
function parseObject(line: string): Observation | undefined {
  const { data } = answer.safeParse(parseJson(line));
  if (data === undefined) return undefined;
  const { label, sentMs, receivedMs, connection, client } = data;
  return {
    label,
    ...(typeof sentMs === 'number' && { sentMs }),
    ...(typeof receivedMs === 'number' && { receivedMs }),
    ...((connection ?? undefined) !== undefined && { connection: String(connection) }),
    ...((client ?? undefined) !== undefined && { client: String(client) }),
  };
}

/**
 * Reads answers line by line. The first line that is not blank says which of the two formats all are in. An unparsable one
 * is a lost call; `onUnparsable` hears of it.
 */
export async function* parseAnswers(
  lines: Iterable<string> | AsyncIterable<string>,
  onUnparsable: () => void = () => undefined,
): AsyncGenerator<Observation> {
  let parse: ((line: string) => Observation | undefined) | undefined;
  for await (const line of lines) {
    const text = line.trim();
    if (text === '') continue;
    parse ??= text.startsWith('{') ? parseObject : (label) => ({ label });
    const observation = parse(text);
    if (observation === undefined) onUnparsable();
    yield observation ?? LOST;
  }
}
