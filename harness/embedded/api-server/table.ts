/** Tables for `kubectl get`: the columns that people know of the commonest kinds, name and age for all others. */
import type { Resource } from '../types.ts';
import { type Json, asArray, asRecord, valueAt } from './json.ts';

type Column = readonly [name: string, cell: (object: Resource) => string | number];

const number = (object: Resource, name: string): number => Number(valueAt(object, ['status', name]) ?? 0);
const statuses = (pod: Resource): Json[] =>
  asArray(valueAt(pod, ['status', 'containerStatuses'])).map(asRecord);

const field =
  (...path: string[]) =>
  (object: Resource): string | number => {
    const value = valueAt(object, path);
    return typeof value === 'string' || typeof value === 'number' ? value : '<none>';
  };

const COLUMNS: Readonly<Record<string, readonly Column[]>> = {
  Pod: [
    ['Ready', readiness],
    ['Status', phase],
    ['Restarts', (pod) => statuses(pod).reduce((sum, each) => sum + Number(each['restartCount'] ?? 0), 0)],
  ],
  Deployment: [
    [
      'Ready',
      (each) => `${String(number(each, 'readyReplicas'))}/${String(valueAt(each, ['spec', 'replicas']))}`,
    ],
    ['Up-to-date', (each) => number(each, 'updatedReplicas')],
    ['Available', (each) => number(each, 'availableReplicas')],
  ],
  Service: [
    ['Type', field('spec', 'type')],
    ['Cluster-IP', field('spec', 'clusterIP')],
  ],
  Namespace: [['Status', field('status', 'phase')]],
};

function phase(pod: Resource): string | number {
  return pod.metadata.deletionTimestamp === undefined ? field('status', 'phase')(pod) : 'Terminating';
}

function readiness(pod: Resource): string {
  const all = asArray(valueAt(pod, ['spec', 'containers'])).length;
  return `${String(statuses(pod).filter(({ ready }) => ready === true).length)}/${String(all)}`;
}

function age({ metadata: { creationTimestamp } }: Resource): string {
  const seconds = Math.max(0, Math.round((Date.now() - Date.parse(creationTimestamp ?? '')) / 1000));
  if (seconds < 120) return `${String(seconds)}s`;
  return seconds < 7200 ? `${String(Math.floor(seconds / 60))}m` : `${String(Math.floor(seconds / 3600))}h`;
}

/** Whether a client asked for a table. */
export const wantsTable = (accept: string | undefined): boolean => /as=Table/.test(accept ?? '');

/** Objects of one kind as a meta.k8s.io/v1 Table. */
export function tableOf(kind: string, objects: readonly Resource[], resourceVersion: string): Json {
  const columns: Column[] = [
    ['Name', ({ metadata }) => metadata.name],
    ...(COLUMNS[kind] ?? []),
    ['Age', age],
  ];
  return {
    kind: 'Table',
    apiVersion: 'meta.k8s.io/v1',
    metadata: { resourceVersion },
    columnDefinitions: columns.map(([name]) => ({
      name,
      type: 'string',
      format: name === 'Name' ? 'name' : '',
      description: '',
      priority: 0,
    })),
    rows: objects.map((object) => ({
      cells: columns.map(([, cell]) => cell(object)),
      object: { kind: 'PartialObjectMetadata', apiVersion: 'meta.k8s.io/v1', metadata: object.metadata },
    })),
  };
}
