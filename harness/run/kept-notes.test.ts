import { expect, test } from 'vitest';
import { keptNotes } from './kept-notes.ts';

const member = (name: string): never =>
  ({ topology: { name }, provided: { name, kubeconfig: `/state/${name}` } }) as never;
const parts = [
  { suite: 'ingress', variant: 'multi-primary' },
  { suite: 'version-routing', variant: 'multi-primary' },
] as const;

test('kept clusters are told with where they are, how they are taken, and how they are removed', () => {
  const provider = { name: 'kind', ownsClusters: true } as const;
  const run = { clustersOf: 'ID', options: { cluster: [] } };
  expect(keptNotes(run, { provider, parts }, [member('cluster1')])).toEqual([
    'kept (--keep): cluster1. Look: kubectl --kubeconfig /state/cluster1 get pods --all-namespaces',
    'kept: another run takes the clusters by --reuse. Look: npx meshproof run --suite ingress --variant multi-primary --suite version-routing --provider kind --reuse ID --keep',
    'kept: clusters stay until they are removed. Look: npx meshproof clean ID',
  ]);
});

test('in existing clusters it is namespaces that are kept', () => {
  const provider = { name: 'kubeconfig', ownsClusters: false } as const;
  const run = { clustersOf: 'ID', options: { cluster: [{ name: 'cluster1', file: 'a', context: 'b' }] } };
  expect(keptNotes(run, { provider, parts }, [])).toEqual([
    'kept: namespaces stay until they are removed. Look: npx meshproof clean ID --cluster cluster1=a:b',
  ]);
});
