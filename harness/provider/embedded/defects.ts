import { DEFECTS } from '../../embedded/defects/index.ts';

export { DEFECTS };

/** A defect that was asked for and that there is not, as a mistake. */
export function unknownDefect({ name }: { readonly name: string }): string[] {
  if (name in DEFECTS) return [];
  const there = Object.keys(DEFECTS).join(', ');
  return [`--defect ${name}: there is no such defect; there are ${there}`];
}
