import { isAlias, isMap, isScalar, isSeq, LineCounter, type Document, type Node } from 'yaml';

/** A place in a file that somebody wrote, and what is wrong there. Lines and columns count from 1. */
export interface Mistake {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly message: string;
}

/** A path into YAML data, such as `['clusters', 0, 'podSubnet']`. */
export type Path = readonly PropertyKey[];

/** Finds where in a YAML text something of its data was written. */
export interface Positions {
  /** The value at `path`, or what is nearest to it if it is not there; `key` for the key that leads to it. */
  of(path: Path, part?: 'key' | 'value'): { readonly line: number; readonly column: number };
}

/** Positions of a document that was parsed with this line counter. */
export function positionsOf(document: Document, lines: LineCounter): Positions {
  return {
    of(path, part = 'value') {
      const { line, col } = lines.linePos(offsetOf(document, path, part));
      // An empty file has no lines to count.
      return { line: Math.max(1, line), column: Math.max(1, col) };
    },
  };
}

function offsetOf(document: Document, path: Path, part: 'key' | 'value'): number {
  let node = resolved(document, document.contents);
  let offset = node?.range?.[0] ?? 0;
  for (const [depth, step] of path.entries()) {
    const next = childOf(node, step);
    if (next === undefined) return offset;
    const last = depth === path.length - 1;
    offset = (last && part === 'key' ? next.key : undefined) ?? next.value?.range?.[0] ?? next.key ?? offset;
    node = resolved(document, next.value);
  }
  return offset;
}

/** One step into a mapping or list: the value there, and the offset of its key if it has one. */
function childOf(node: Node | undefined, step: PropertyKey): { value?: Node; key?: number } | undefined {
  if (isSeq(node) && typeof step === 'number') {
    const value = node.items[step] as Node | undefined;
    return value === undefined ? undefined : { value };
  }
  if (!isMap(node)) return undefined;
  const pair = node.items.find(({ key }) => isScalar(key) && String(key.value) === String(step));
  if (pair === undefined) return undefined;
  const key = (pair.key as Node).range?.[0];
  return { ...(pair.value ? { value: pair.value as Node } : {}), ...(key === undefined ? {} : { key }) };
}

function resolved(document: Document, node: Node | null | undefined): Node | undefined {
  return (isAlias(node) ? node.resolve(document) : node) ?? undefined;
}
