import { closest } from '../../options/closest.ts';
import { DEFECTS } from '../../embedded/defects/index.ts';

export { DEFECTS };

/** A defect that was asked for and that there is not, as a mistake. */
export function unknownDefect({ name }: { readonly name: string }): string[] {
  if (name in DEFECTS) return [];
  const there = Object.keys(DEFECTS);
  const meant = closest(name, there);
  // There are many of them: where one is near, the others only hide it.
  const which = meant === undefined ? `; there are ${there.join(', ')}` : ` (did you mean ${meant}?)`;
  return [`--defect ${name}: there is no such defect${which}. See: npx meshproof run --defect list`];
}
