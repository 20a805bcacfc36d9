import type { ScenarioFile } from './context.ts';

/** The namespace that a scenario has to itself; never used twice, so that nothing of before can be in it. */
export const namespaceOf = (
  run: { readonly runId: string; readonly variant: string },
  file: ScenarioFile,
): string => `meshproof-${run.runId}-${run.variant}-${file.name}`.slice(0, 63).replace(/-+$/, '');
