import { formatDuration } from './duration.ts';
import type { Option } from './option.ts';
import { flagName, rows } from './table.ts';
import type { ClusterSource, Defect, Label, RunOptions } from './types.ts';

const pairs = (values: Readonly<Record<string, string>>): readonly string[] =>
  Object.entries(values).map(([key, value]) => `${key}=${value}`);

/** Values of a form of their own, as the command line takes them. */
const written: { readonly [Field in keyof RunOptions]?: (value: never) => readonly string[] } = {
  cluster: (sources: readonly ClusterSource[]) =>
    sources.map(({ name, file, context }) => `${name}=${file}${context === undefined ? '' : `:${context}`}`),
  defect: (defects: readonly Defect[]) =>
    defects.map(({ name, value }) => (value === undefined ? name : `${name}=${value}`)),
  image: pairs,
  namespaceLabel: pairs,
  injectionLabel: ({ key, value }: Label) => [`${key}=${value}`],
};

/**
 * The words of a command line that say the same as these fields of the options; nothing for what is as by default.
 *
 * @param fields in the order in which they are written
 */
export function wordsOf<Field extends keyof RunOptions>(
  options: Pick<RunOptions, Field>,
  fields: readonly Field[],
): readonly string[] {
  const table = new Map(rows);
  return fields.flatMap((field) => {
    const row = table.get(field);
    const value: unknown = options[field];
    if (row === undefined || value === undefined || value === row.fallback) return [];
    return textsOf(field, row, value).flatMap((text) =>
      text === '' ? [`--${flagName(field)}`] : [`--${flagName(field)}`, text],
    );
  });
}

function textsOf(field: keyof RunOptions, { kind }: Option<unknown>, value: unknown): readonly string[] {
  const write = written[field] as ((value: unknown) => readonly string[]) | undefined;
  if (write !== undefined) return write(value);
  if (kind === 'boolean') return [''];
  if (kind === 'duration') return [formatDuration(value as number)];
  return kind === 'list' ? (value as readonly string[]) : [String(value)];
}
