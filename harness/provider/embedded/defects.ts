import { DEFECTS, type Defect } from '../../embedded/defects/index.ts';
import { didYouMean } from '../../options/closest.ts';

export { DEFECTS };

/** `--defect NAME[=VALUE]`, as it was given. */
interface Asked {
  readonly name: string;
  readonly value?: string | undefined;
}

/** A defect that was asked for and that there is not, as a mistake. */
export function unknownDefect({ name }: Asked): string[] {
  if (Object.hasOwn(DEFECTS, name)) return [];
  const there = Object.keys(DEFECTS);
  // There are many of them: where one is near, the others only hide it.
  const which = didYouMean(name, there) || `; there are ${there.join(', ')}`;
  return [`--defect ${name}: there is no such defect${which}. See: npx meshproof run --defect list`];
}

/**
 * The value of a defect that would change nothing, as a mistake: a mesh without the defect would count as one with it.
 *
 * @param worlds the clusters' names of each mesh that the defect is for, in their order
 */
export function wrongValue({ name, value }: Asked, worlds: readonly (readonly string[])[]): string[] {
  const defect = Object.hasOwn(DEFECTS, name) ? DEFECTS[name] : undefined;
  if (defect === undefined || value === undefined) return [];
  const expected = expectedOf(defect.takes, worlds);
  return expected.fits(value) ? [] : [`--defect ${name}=${value}: ${expected.inWords}`];
}

interface Expected {
  readonly fits: (value: string) => boolean;
  readonly inWords: string;
}

const oneOf = (words: readonly string[]): Expected => ({
  fits: (value) => words.includes(value),
  inWords: `there are ${words.join(', ')}`,
});

function expectedOf(takes: Defect['takes'], worlds: readonly (readonly string[])[]): Expected {
  switch (takes) {
    case undefined:
      return { fits: () => false, inWords: 'this defect takes no value; leave it out' };
    case 'a number':
      return { fits: (value) => /^\d+(\.\d+)?$/.test(value), inWords: 'expected a number, such as 3' };
    case 'weights':
      return {
        fits: (value) => /^\d+(\.\d+)?(\/\d+(\.\d+)?)+$/.test(value),
        inWords: 'expected weights, such as 65/35',
      };
    case 'a cluster':
      return oneOf(namesIn(worlds));
    case 'another cluster than the first':
      return oneOf(namesIn(worlds.map((names) => names.slice(1))));
    default:
      return oneOf(takes);
  }
}

const namesIn = (worlds: readonly (readonly string[])[]): string[] => [...new Set(worlds.flat())].sort();
