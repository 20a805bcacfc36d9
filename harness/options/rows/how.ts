import { shard } from '../forms.ts';
import { custom, duration, flag, many, nonEmpty, number, text } from '../option.ts';
import { none, plan, printing, run, type Rows } from './rows.ts';

const count = { min: 0, max: 1_000_000, whole: true } as const;

/** How to run, and what to leave behind. */
export const how = {
  keep: flag({ fallback: false, commands: run, about: 'Leave the clusters, and all that was made in them.' }),
  reuse: text({
    ...none,
    placeholder: 'RUN-ID',
    bare: 'latest',
    commands: run,
    about: 'Take the clusters of a kept run; without RUN-ID of the latest.',
  }),
  continue: text({
    ...none,
    placeholder: 'RUN-DIR',
    commands: run,
    about: 'Go on with the inconclusive checks of an earlier run, with the evidence they have.',
  }),
  shard: custom(
    {
      ...none,
      placeholder: 'I/N',
      commands: plan,
      about: 'Only part I of N of the plan, split by number of checks; together the N parts are the whole.',
    },
    shard,
  ),
  scenariosAtOnce: number(
    {
      fallback: 3,
      commands: run,
      about:
        'Scenarios played at the same time, in namespaces of their own; what disrupts a mesh plays alone.',
    },
    { min: 1, max: 20, whole: true },
  ),
  out: text({
    placeholder: 'DIR',
    fallback: 'reports/out',
    commands: run,
    about: 'Folder in which the run makes its own.',
  }),
  timeout: duration({
    fallback: 300_000,
    commands: run,
    about: 'Longest wait for any one thing to become ready.',
  }),
  maxDuration: duration({
    ...none,
    commands: plan,
    about: 'Longest run; what is not judged by then is inconclusive.',
  }),
  failFast: flag({
    fallback: false,
    commands: run,
    about: 'Stop after the first scenario with a non-conformant check.',
  }),
  strictTeardown: flag({
    fallback: false,
    commands: run,
    about: 'Clusters or objects that cannot be removed make the run exit 3.',
  }),
  seed: number(
    {
      fallback: undefined,
      fallbackText: 'drawn, and reported',
      commands: plan,
      about: 'Seed that the run reports; no verdict depends on chance of ours.',
    },
    { min: 0, max: 4_294_967_295, whole: true },
  ),
  json: flag({
    fallback: false,
    commands: printing,
    about: 'Print the result as JSON, and nothing else on standard output.',
  }),
  color: flag({
    fallback: true,
    commands: printing,
    about: 'No colours; NO_COLOR says the same.',
  }),
  note: many(
    {
      placeholder: 'TEXT',
      fallback: [],
      commands: run,
      about: 'A sentence that readers of the report have to know; may be repeated.',
    },
    nonEmpty,
  ),
} satisfies Partial<Rows>;

/** Bounds that clusters and failovers are held to. */
export const bounds = {
  rate: number(
    {
      fallback: 10,
      commands: run,
      about: 'Requests a second, of each caller, in loops that measure a failover.',
    },
    { min: 0.5, max: 100, whole: false },
  ),
  scaleErrors: number(
    { fallback: 3, commands: run, about: 'Errors allowed when a workload is scaled to zero.' },
    count,
  ),
  scaleWithin: duration({
    fallback: 2_000,
    commands: run,
    about: 'Time to switch when a workload is scaled to zero.',
  }),
  outageErrors: number(
    {
      fallback: 5,
      commands: run,
      about: 'Errors allowed when a gateway or cluster is lost, with outlier detection.',
    },
    count,
  ),
  outageWithin: duration({
    fallback: 15_000,
    commands: run,
    about: 'Time to switch when a gateway or cluster is lost, with outlier detection.',
  }),
  returnWithin: duration({
    fallback: 15_000,
    commands: run,
    about: 'Time until what came back answers again, counted from when it is ready.',
  }),
  workers: number(
    { fallback: 3, commands: run, about: 'Worker nodes that each cluster shall have; fewer are a warning.' },
    count,
  ),
} satisfies Partial<Rows>;
