/** The label by which all that a run made in a cluster is found again; its value is the run's id. */
export const RUN_LABEL = 'meshproof.dev/run';
