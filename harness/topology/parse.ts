import { readFile } from 'node:fs/promises';
import { LineCounter, parseDocument, type Document } from 'yaml';
import type { z } from 'zod';
import { didYouMean } from '../options/closest.ts';
import { crossCheck, type Problem } from './check.ts';
import { positionsOf, type Mistake, type Path, type Positions } from './position.ts';
import { keysAt, topologySchema, type TopologyFile } from './schema.ts';
import { variantNames, type ClusterDefinition, type Topology } from './topology.ts';

/** A topology file with mistakes: the message holds all of them, a line each. */
export class TopologyError extends Error {
  readonly mistakes: readonly Mistake[];

  constructor(mistakes: readonly Mistake[]) {
    super(
      mistakes.map(({ file, line, column, message }) => `${file}:${line}:${column}: ${message}`).join('\n'),
    );
    this.name = 'TopologyError';
    this.mistakes = mistakes;
  }
}

/**
 * Reads a topology from YAML, with all its mistakes at once, in the order of the file.
 *
 * @param file only for messages
 */
export function parseTopology(
  text: string,
  file: string,
): { readonly topology: Topology } | { readonly mistakes: readonly Mistake[] } {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, logLevel: 'error' });
  const positions = positionsOf(document, lines);
  const unreadable = document.errors.map((error) => {
    const { line, col } = lines.linePos(error.pos[0]);
    return { file, line: Math.max(1, line), column: Math.max(1, col), message: error.message };
  });
  // A key given twice leaves data that can be judged on; a syntax error doesn't.
  if (document.errors.some(({ code }) => code !== 'DUPLICATE_KEY')) return { mistakes: unreadable };
  const data = dataOf(document);
  if ('mistake' in data) return { mistakes: [{ file, line: 1, column: 1, message: data.mistake }] };
  const parsed = topologySchema.safeParse(data.value);
  const problems = [...(parsed.error?.issues ?? []).flatMap(problemsOf), ...crossCheck(data.value)];
  const mistakes = [...unreadable, ...problems.map((problem) => placed(problem, positions, file))];
  if (parsed.data === undefined || mistakes.length > 0) return { mistakes: mistakes.sort(byPlace) };
  return { topology: topologyOf(parsed.data, file) };
}

/**
 * Reads a topology file.
 *
 * @throws TopologyError with every mistake of the file, or the reason why it cannot be read
 */
export async function readTopology(path: string): Promise<Topology> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    const message = `cannot be read: ${error instanceof Error ? error.message : String(error)}`;
    throw new TopologyError([{ file: path, line: 1, column: 1, message }]);
  }
  const result = parseTopology(text, path);
  if ('mistakes' in result) throw new TopologyError(result.mistakes);
  return result.topology;
}

/** Aliases can be endless or lead nowhere; the parser tells only when it makes data of them. */
function dataOf(document: Document): { readonly value: unknown } | { readonly mistake: string } {
  try {
    return { value: document.toJS() };
  } catch (error) {
    return { mistake: error instanceof Error ? error.message : String(error) };
  }
}

function problemsOf(issue: z.core.$ZodIssue): Problem[] {
  if (issue.code !== 'unrecognized_keys') {
    return [{ path: issue.path, message: `${described(issue.path)}${phrase(issue)}` }];
  }
  const known = keysAt(issue.path);
  return issue.keys.map((key) => ({
    path: [...issue.path, key],
    part: 'key' as const,
    message: `unknown key ${key}${didYouMean(key, known)}; known here: ${known.join(', ')}`,
  }));
}

function phrase(issue: z.core.$ZodIssue): string {
  if (issue.message.endsWith('received undefined') && issue.path.length > 0) return 'is missing';
  if (issue.code === 'invalid_value') return `expected ${issue.values.map(String).join(' or ')}`;
  return issue.message.replace(/^Invalid input: /, '');
}

/** `clusters[0].podSubnet: `, or nothing for the whole file. */
function described(path: Path): string {
  const text = path.map((step) => (typeof step === 'number' ? `[${step}]` : `.${String(step)}`)).join('');
  return text === '' ? '' : `${text.slice(1)}: `;
}

function placed({ path, part, message }: Problem, positions: Positions, file: string): Mistake {
  return { file, ...positions.of(path, part), message };
}

function byPlace(a: Mistake, b: Mistake): number {
  return a.line - b.line || a.column - b.column;
}

function topologyOf({ clusters, variants }: TopologyFile, file: string): Topology {
  const given = variantNames.flatMap((name) => {
    const networks = variants[name];
    return networks === undefined ? [] : [[name, networks] as const];
  });
  return { file, clusters: clusters.map(definitionOf), variants: Object.fromEntries(given) };
}

function definitionOf({
  region,
  zone,
  revision,
  ...cluster
}: TopologyFile['clusters'][number]): ClusterDefinition {
  return {
    ...cluster,
    primary: cluster.primary ?? cluster.name,
    ...(region === undefined ? {} : { region }),
    ...(zone === undefined ? {} : { zone }),
    ...(revision === undefined ? {} : { revision }),
  };
}
