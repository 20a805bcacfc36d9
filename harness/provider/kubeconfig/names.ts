import { didYouMean } from '../../options/closest.ts';
import type { ClusterSource } from '../../options/types.ts';
import type { ClusterTopology } from '../../topology/topology.ts';
import { about } from '../preflight/findings.ts';
import type { Finding } from '../types.ts';

/** Do the clusters given have the names of the topology, and are all of them given? */
export function checkNames(
  sources: readonly ClusterSource[],
  clusters: readonly ClusterTopology[],
): Finding[] {
  const known = clusters.map(({ name }) => name);
  const given = sources.map(({ name }) => name);
  const list = known.join(', ');
  const unknown = given.filter((name) => !known.includes(name));
  const absent = known.filter((name) => !given.includes(name));
  return [
    ...unknown.map((name) =>
      about(name).error(
        `--cluster ${name}: the topology has no such cluster${didYouMean(name, known)}; it has ${list}`,
        `--cluster NAME=FILE[:CONTEXT], NAME one of ${list}`,
      ),
    ),
    ...absent.map((name) =>
      about(name).error(
        `the topology has the clusters ${list}; ${name} is not given`,
        `--cluster ${name}=FILE[:CONTEXT]`,
      ),
    ),
  ];
}

/** What tells two clusters apart: the UID of their namespace kube-system, or the server's URL where that is hidden. */
export interface Identity {
  readonly name: string;
  readonly identity: string;
}

/** Is one cluster given under two names? Then nothing crosses from one cluster to another. */
export function checkDistinct(identities: readonly Identity[]): Finding[] {
  return identities.flatMap(({ name, identity }, index) => {
    const twin = identities.slice(0, index).find((other) => other.identity === identity);
    if (twin === undefined) return [];
    return [
      about(name).error(
        `${name} and ${twin.name} are the same cluster (${identity})`,
        `give another kubeconfig or context: --cluster ${name}=FILE:CONTEXT`,
      ),
    ];
  });
}
