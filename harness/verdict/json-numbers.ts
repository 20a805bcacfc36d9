/** JSON has no infinity: it is written as a word, so that nothing is silently turned into null. */
const WORDS = new Map([Infinity, -Infinity].map((number) => [String(number), number]));

/** A copy of plain data with the change applied to each of its leaves. */
function mapLeaves(data: unknown, change: (leaf: unknown) => unknown): unknown {
  if (Array.isArray(data)) return data.map((item) => mapLeaves(item, change));
  if (typeof data !== 'object' || data === null) return change(data);
  return Object.fromEntries(Object.entries(data).map(([key, value]) => [key, mapLeaves(value, change)]));
}

/**
 * A copy of plain data in which each number that JSON cannot hold is a word: "Infinity", "-Infinity".
 * @throws RangeError on NaN: no evidence is that, so something was computed wrongly
 */
export function withJsonNumbers(data: unknown): unknown {
  return mapLeaves(data, (leaf) => {
    if (Number.isNaN(leaf)) throw new RangeError(`expected numbers, found NaN in ${JSON.stringify(data)}`);
    return typeof leaf === 'number' && !Number.isFinite(leaf) ? String(leaf) : leaf;
  });
}

/** The inverse of `withJsonNumbers`. */
export function withRealNumbers(data: unknown): unknown {
  return mapLeaves(data, (leaf) => (typeof leaf === 'string' ? (WORDS.get(leaf) ?? leaf) : leaf));
}
