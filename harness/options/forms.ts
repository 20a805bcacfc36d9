import type { Parsed } from './option.ts';
import type { ClusterSource, Defect, Label, Shard } from './types.ts';

type Form<T> = { readonly value: T } | { readonly mistake: string };

/** `NAME=FILE[:CONTEXT]`. FILE ends at the first colon; CONTEXT may hold more, as cloud providers' do. */
export function clusterSource(given: string): Form<ClusterSource> {
  const match = /^([^=]+)=([^:]+)(?::(.+))?$/s.exec(given);
  const [, name, file, context] = match ?? [];
  if (name === undefined || file === undefined) return { mistake: 'expected NAME=FILE or NAME=FILE:CONTEXT' };
  return { value: context === undefined ? { name, file } : { name, file, context } };
}

/** `KEY=VALUE`, both as Kubernetes takes them in a label. */
export function label(given: string): Form<Label> {
  const part = '[A-Za-z0-9](?:[A-Za-z0-9._-]{0,61}[A-Za-z0-9])?';
  const match = new RegExp(`^((?:[a-z0-9.-]{1,253}/)?${part})=(${part})$`).exec(given);
  const [, key, value] = match ?? [];
  if (key === undefined || value === undefined) return { mistake: 'expected a label, KEY=VALUE' };
  return { value: { key, value } };
}

/** `NAME[=VALUE]`. Which defects there are is not for the command line to know. */
export function defect(given: string): Form<Defect> {
  const [, name, value] = /^([a-z0-9-]+)(?:=(.+))?$/.exec(given) ?? [];
  if (name === undefined) return { mistake: 'expected NAME or NAME=VALUE' };
  return { value: value === undefined ? { name } : { name, value } };
}

/** `NAME=REF`; REF may hold `=`, NAME not. */
export function imageReference(given: string): Form<readonly [string, string]> {
  const [, name, reference] = /^([^=\s]+)=(\S+)$/.exec(given) ?? [];
  if (name === undefined || reference === undefined) return { mistake: 'expected NAME=REF' };
  return { value: [name, reference] };
}

/** `NAMESPACE/NAME` of an object. */
export function namespacedName(given: string): Form<string> {
  return /^[a-z0-9-]+\/[a-z0-9.-]+$/.test(given) ? { value: given } : { mistake: 'expected NAMESPACE/NAME' };
}

/** `I/N`, 1 ≤ I ≤ N. */
export function shard(given: string): Form<Shard> {
  const [, index, of] = /^(\d{1,6})\/(\d{1,6})$/.exec(given)?.map(Number) ?? [];
  if (index === undefined || of === undefined) return { mistake: 'expected I/N, such as 1/3' };
  if (of < 1) return { mistake: 'expected I/N with N of at least 1' };
  if (index < 1 || index > of) return { mistake: `expected I/N with I from 1 to ${String(of)}` };
  return { value: { index, of } };
}

/** Names, each alone or several between commas. */
export function splitNames(given: readonly string[]): Parsed<readonly string[]> {
  const names = given.flatMap((text) => text.split(',').map((name) => name.trim()));
  return names.includes('')
    ? { mistakes: ['expected names, with one comma between two of them'] }
    : { value: names };
}

/** Clusters by name: each name once. */
export function distinctClusters(sources: readonly ClusterSource[]): Parsed<readonly ClusterSource[]> {
  const mistakes = repeated(sources.map(({ name }) => name)).map((name) => `${name} is given more than once`);
  return mistakes.length > 0 ? { mistakes } : { value: sources };
}

/** Images by name: each name once. */
export function imagesByName(
  pairs: readonly (readonly [string, string])[],
): Parsed<Readonly<Record<string, string>>> {
  const mistakes = repeated(pairs.map(([name]) => name)).map((name) => `${name} is given more than once`);
  return mistakes.length > 0 ? { mistakes } : { value: Object.fromEntries(pairs) };
}

/** Labels by key: each key once. */
export function labelsByKey(labels: readonly Label[]): Parsed<Readonly<Record<string, string>>> {
  const mistakes = repeated(labels.map(({ key }) => key)).map((key) => `${key} is given more than once`);
  return mistakes.length > 0
    ? { mistakes }
    : { value: Object.fromEntries(labels.map(({ key, value }) => [key, value])) };
}

function repeated(names: readonly string[]): readonly string[] {
  return [...new Set(names.filter((name, index) => names.indexOf(name) !== index))];
}
