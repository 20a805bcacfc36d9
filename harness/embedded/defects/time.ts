/** Defects that show when something changes: what comes late, does not come back, or comes and goes. */
import type { EndpointConfig, VirtualHostConfig } from '../mesh/config.ts';
import type { Alter } from '../mesh/index.ts';
import { clusters, numberOf, routes, sidecars } from './told.ts';
import type { Defect, Place, Running } from './types.ts';

const TROUBLE = 'https://istio.io/latest/docs/ops/diagnostic-tools/multicluster/';
const SOURCE = 'https://istio.io/latest/docs/ops/diagnostic-tools/proxy-cmd/';

type Endpoints = readonly EndpointConfig[];

/** What a sidecar holds for a group of endpoints, from what it held and what it is told. */
type Memory = (held: Endpoints | undefined, told: Endpoints) => Endpoints;

/** `remember` is called once for each group of each sidecar. */
function remembering(remember: (place: Place) => Memory): (place: Place) => Alter {
  return (place) => {
    const groups = new Map<string, { readonly memory: Memory; held: Endpoints | undefined }>();
    return clusters((cluster, { node }) => {
      const key = `${node.namespace}/${node.name} ${cluster.name}`;
      const group = groups.get(key) ?? { memory: remember(place), held: undefined };
      groups.set(key, group);
      group.held = group.memory(group.held, cluster.endpoints);
      return { ...cluster, endpoints: group.held };
    })(place);
  };
}

const has = (all: Endpoints, one: EndpointConfig): boolean =>
  all.some(({ address }) => address === one.address);

/** What was taken away stays for so long, in milliseconds. */
function lingering(place: Place): Memory {
  const lastsMs = numberOf(place) * 1000 * place.timeScale;
  const gone = new Map<string, number>();
  return (held = [], told) => {
    const lost = held.filter((endpoint) => !has(told, endpoint));
    for (const { address } of told) gone.delete(address);
    for (const { address } of lost) if (!gone.has(address)) gone.set(address, Date.now());
    return [...told, ...lost.filter(({ address }) => Date.now() - (gone.get(address) ?? 0) < lastsMs)];
  };
}

/** Other clusters' endpoints as they were told so long ago, in seconds; until then, what was first told of them. */
function late(place: Place): Memory {
  const { timeScale, isOwn } = place;
  const byMs = numberOf(place) * 1000 * timeScale;
  const history: { readonly atMs: number; readonly remote: Endpoints }[] = [];
  return (_held, told) => {
    history.push({ atMs: Date.now(), remote: told.filter(({ address }) => !isOwn(address)) });
    while ((history[1]?.atMs ?? Infinity) <= Date.now() - byMs) history.shift();
    return [...told.filter(({ address }) => isOwn(address)), ...(history[0]?.remote ?? [])];
  };
}

const aborting = routes((route, { place }) => ({
  ...route,
  abort: { status: 503, percent: numberOf(place) },
}));

const TICK_MS = 500;

/** Does something again and again, until what it gives is called. */
function every(ms: number, act: () => void): () => void {
  const timer = setInterval(act, ms);
  return () => {
    clearInterval(timer);
  };
}

/** Makes control planes tell their proxies anew, again and again. */
const keepsTelling = (running: readonly Running[]): (() => void) =>
  every(TICK_MS, () => {
    for (const { store } of running) {
      for (const { kind, metadata } of store.list('Node')) {
        const annotations = { ...metadata.annotations, 'meshproof.dev/tick': String(Date.now()) };
        store.update({ kind, name: metadata.name }, (copy) => ({
          ...copy,
          metadata: { ...copy.metadata, annotations },
        }));
      }
    }
  });

const FLAP_MS = 2_000;
const CUT_EVERY_MS = 3_000;
const LOSSY_MS = 5_000;

export const time: Readonly<Record<string, Defect>> = {
  'endpoints-frozen': {
    cause: 'removals of endpoints do not reach the sidecars',
    symptom: 'what was scaled away is called on and on',
    source: SOURCE,
    alter: remembering(() => (held = [], told) => [
      ...told,
      ...held.filter((endpoint) => !has(told, endpoint)),
    ]),
  },
  'failover-slow': {
    cause: 'the removal of endpoints reaches the sidecars late, by seconds',
    symptom: 'calls are lost until then',
    source: SOURCE,
    takes: 'a number',
    fallback: '30',
    alter: remembering(lingering),
    goesOn: keepsTelling,
  },
  'no-return': {
    cause: 'endpoints that come back do not reach the sidecars',
    symptom: 'after a recovery one version stays away',
    source: SOURCE,
    alter: remembering(() => {
      let hasShrunk = false;
      return (held = [], told) => {
        hasShrunk ||= told.length > 0 && told.length < held.length;
        return hasShrunk ? held.filter((endpoint) => has(told, endpoint)) : told;
      };
    }),
  },
  'endpoints-flapping': {
    cause: 'endpoints of other clusters come and go, as when a watch is cut again and again',
    symptom: 'shares lean to the local version',
    source: SOURCE,
    alter: remembering(({ isOwn }) => (_held, told) => {
      const isAway = Math.floor(Date.now() / FLAP_MS) % 2 === 0;
      const local = told.filter(({ address }) => isOwn(address));
      return isAway && local.length > 0 ? local : told;
    }),
    goesOn: keepsTelling,
  },
  'connections-pinned': {
    cause: 'pooled connections behind a gateway stay with one pod for a while, then with another',
    symptom: 'answers come in blocks; one caller cannot know what the shares are',
    source: 'https://istio.io/latest/docs/ops/configuration/traffic-management/multicluster/',
    alter: remembering(() => (_held, told) => {
      const turn = told[Math.floor(Date.now() / TICK_MS) % Math.max(1, told.length)];
      return turn === undefined ? told : [turn];
    }),
    goesOn: keepsTelling,
  },
  'remote-watch-late': {
    cause: "the watch on the other cluster's API server hangs; changes there are seen late, by seconds",
    symptom: 'what came back in the other cluster is not called until then',
    source: TROUBLE,
    takes: 'a number',
    fallback: '30',
    alter: remembering(late),
    goesOn: keepsTelling,
  },
  'failover-lossy': {
    cause: 'while endpoints change, sidecars lose some percent of the calls for 5 s',
    symptom: '503 at every disruption, and none between',
    source: SOURCE,
    takes: 'a number',
    fallback: '50',
    alter: (place) => {
      const counts = new Map<string, number>();
      let untilMs = 0;
      return sidecars((config, node) => {
        for (const [name, { endpoints }] of config.clusters) {
          const key = `${node.namespace}/${node.name} ${name}`;
          if (endpoints.length < (counts.get(key) ?? 0)) untilMs = Date.now() + LOSSY_MS * place.timeScale;
          counts.set(key, endpoints.length);
        }
        return Date.now() < untilMs ? aborting(place)(config, node) : config;
      });
    },
    goesOn: keepsTelling,
  },
  'rules-never-removed': {
    cause: 'VirtualServices that are deleted stay with the sidecars',
    symptom: 'a rule holds on after it was taken away',
    source: SOURCE,
    alter: () => {
      const ruled = new Map<string, VirtualHostConfig>();
      return (config, node) => {
        const hosts = [...config.hosts].map(([name, host]) => {
          const key = `${node.namespace}/${node.name} ${name}`;
          const targets = host.routes.flatMap((route) => route.targets);
          if (targets.some(({ cluster }) => /\|\d+\|[^|]+\|/.test(cluster))) ruled.set(key, host);
          return [name, ruled.get(key) ?? host] as const;
        });
        return { ...config, hosts: new Map(hosts) };
      };
    },
  },
  'waits-for-other-clusters': {
    cause:
      'a control plane is not ready before it has read every other cluster (PILOT_REMOTE_CLUSTER_TIMEOUT of hours)',
    symptom: 'with one cluster out of reach, the control plane of another does not come up again',
    source: 'https://istio.io/latest/docs/reference/commands/pilot-discovery/#envvars',
    waitsForOthers: true,
  },
  'streams-cut': {
    cause: 'a balancer in front of the API servers cuts what takes longer than 3 s',
    symptom: 'watches begin anew; commands in pods break off',
    source: TROUBLE,
    goesOn: (running) =>
      every(CUT_EVERY_MS, () => {
        for (const { api } of running) api.cut();
      }),
  },
  'rules-cross': {
    cause: "one mesh's VirtualServices are copied into the other, as by one pipeline for both",
    symptom: 'a rule of one mesh changes what callers of the other get',
    source: 'https://istio.io/latest/docs/ops/deployment/deployment-models/',
    goesOn: ([from, ...others]) => {
      const stops = others.map(({ store }) =>
        from?.store.watch(({ type, object }) => {
          if (object.kind !== 'VirtualService') return;
          const { name, namespace = '' } = object.metadata;
          const ref = { kind: object.kind, name, namespace };
          if (type === 'DELETED') store.remove(ref);
          else if (store.update(ref, (copy) => ({ ...copy, spec: object['spec'] })) === undefined) {
            const { apiVersion, kind, spec } = object as typeof object & { spec: unknown };
            store.create({ apiVersion, kind, metadata: { name, namespace }, spec });
          }
        }),
      );
      return () => {
        for (const stop of stops) stop?.();
      };
    },
  },
  'api-server-stalls': {
    cause: "the other cluster's API server stands still as soon as the mesh is complete",
    symptom: 'requests and watches hang; what runs there goes on',
    source: TROUBLE,
    goesOn: (clusters) => {
      for (const { api, place } of clusters) if (!place.isFirst) api.freeze();
      return () => undefined;
    },
  },
  'pods-never-ready': {
    cause: 'proxies of the other cluster never report that they are ready',
    symptom: 'its pods stay 1/2',
    source: SOURCE,
    neverReady: (pod, { isFirst }) => !isFirst && pod.metadata.namespace !== 'istio-system',
  },
};
