import { splitNames } from '../forms.ts';
import { flag, gathered, many, nonEmpty, oneOf } from '../option.ts';
import { variantChoices } from '../types.ts';
import { clusters, plan, run, type Rows } from './rows.ts';

/** What to run. */
export const what = {
  suite: gathered(
    many(
      {
        placeholder: 'NAME',
        fallback: ['all'],
        commands: clusters,
        about: 'Suite to run, or all; may be repeated, or several with commas between.',
      },
      nonEmpty,
    ),
    splitNames,
  ),
  scenario: many(
    {
      placeholder: 'ID',
      fallback: [],
      commands: plan,
      about: 'Only scenarios with this id, prefix of an id, or claim; may be repeated.',
    },
    nonEmpty,
  ),
  variant: many(
    {
      placeholder: variantChoices.join('|'),
      fallback: [],
      fallbackText: 'every one that the topology has',
      commands: clusters,
      about: 'Only this variant of the topology; may be repeated.',
    },
    oneOf(variantChoices),
  ),
  dryRun: flag({ fallback: false, commands: run, about: 'Print plan and manifests, touch nothing.' }),
} satisfies Partial<Rows>;
