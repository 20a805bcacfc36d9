/** Istio's kinds, as far as they are implemented. What a schema does not name is refused, never ignored. */
import { isIP } from 'node:net';
import { z } from 'zod';
import type { Resource } from '../../types.ts';
import { isExpression } from '../expressions.ts';
import { GATEWAY_GROUP, readGatewayApi, refuseBy, refuseGatewayApi } from './gateway-api.ts';

const UNITS: Readonly<Record<string, number>> = { h: 3_600_000, m: 60_000, s: 1000, ms: 1 };

/** `1s`, `500ms`, `1m30s` → milliseconds. */
const duration = z
  .string()
  .regex(/^(\d+(\.\d+)?(h|ms|m|s))+$/, 'a duration such as 500ms or 10s is expected')
  .transform((text) =>
    [...text.matchAll(/(\d+(?:\.\d+)?)(ms|h|m|s)/g)].reduce(
      (sum, [, number, unit]) => sum + Number(number) * (UNITS[unit ?? ''] ?? 0),
      0,
    ),
  );

/** An object whose fields may all be left out. */
const fields = <Shape extends z.ZodRawShape>(shape: Shape) => z.strictObject(shape).partial();

/** Those of Envoy that are told apart here, and status codes. */
const CONDITION =
  '(5xx|gateway-error|connect-failure|reset|refused-stream|unavailable|cancelled|retriable-status-codes|\\d{3})';
const RETRY_CONDITIONS = new RegExp(`^${CONDITION}(, *${CONDITION})*$`);

const labels = z.record(z.string(), z.string());
const percentage = z.strictObject({ value: z.number().min(0).max(100) });
const count = z.int().min(0);

const trafficPolicy = fields({
  loadBalancer: fields({
    simple: z.enum(['LEAST_REQUEST', 'LEAST_CONN', 'ROUND_ROBIN', 'RANDOM', 'UNSPECIFIED']),
    localityLbSetting: fields({
      enabled: z.boolean(),
      distribute: z.array(z.strictObject({ from: z.string(), to: z.record(z.string(), z.number()) })),
      failover: z.array(z.strictObject({ from: z.string(), to: z.string() })),
    }),
  }),
  connectionPool: fields({
    tcp: fields({ connectTimeout: duration }),
    http: fields({ maxRequestsPerConnection: count }),
  }),
  outlierDetection: fields({
    consecutive5xxErrors: count,
    consecutiveGatewayErrors: count,
    interval: duration,
    baseEjectionTime: duration,
    maxEjectionPercent: count.max(100),
  }),
  tls: z.strictObject({ mode: z.enum(['ISTIO_MUTUAL', 'DISABLE']), sni: z.string().optional() }),
});

const subset = z.strictObject({
  name: z.string(),
  labels: labels.optional(),
  trafficPolicy: trafficPolicy.optional(),
});

const destinationRule = z.strictObject({
  host: z.string(),
  trafficPolicy: trafficPolicy.optional(),
  subsets: z.array(subset).optional(),
});

const textMatch = z.union([
  z.strictObject({ exact: z.string() }),
  z.strictObject({ prefix: z.string() }),
  z.strictObject({ regex: z.string().refine(isExpression, 'a regular expression is expected') }),
]);

const match = fields({
  name: z.string(),
  port: z.int(),
  uri: textMatch,
  headers: z.record(z.string(), textMatch),
});

const destination = z.strictObject({
  host: z.string(),
  subset: z.string().optional(),
  port: z.strictObject({ number: z.int() }).optional(),
});

const retries = z.strictObject({
  attempts: count,
  perTryTimeout: duration.optional(),
  retryOn: z
    .string()
    .regex(RETRY_CONDITIONS, `conditions such as 5xx,connect-failure are expected, of ${CONDITION}`)
    .optional(),
  retryRemoteLocalities: z.boolean().optional(),
});

const abort = z.strictObject({ httpStatus: z.int(), percentage: percentage.optional() });

const httpRoute = z.strictObject({
  name: z.string().optional(),
  match: z.array(match).optional(),
  route: z.array(z.strictObject({ destination, weight: count.optional() })),
  timeout: duration.optional(),
  retries: retries.optional(),
  fault: z.strictObject({ abort }).optional(),
});

const virtualService = z
  .strictObject({
    hosts: z.array(z.string().regex(/^(\*|[^*]+)$/, 'a name is expected, or * alone')),
    gateways: z.array(z.string()).optional(),
    http: z.array(httpRoute),
  })
  .refine(
    ({ hosts, gateways = ['mesh'] }) => !hosts.includes('*') || !gateways.includes('mesh'),
    'hosts: * is for gateways alone, not for the mesh',
  );

const server = z.strictObject({
  name: z.string().optional(),
  port: z.strictObject({ number: z.int(), name: z.string(), protocol: z.enum(['HTTP', 'HTTP2', 'TLS']) }),
  hosts: z.array(z.string().regex(/^(\*\/)?[^/]*$/, 'a host of any namespace is expected')),
  tls: z.strictObject({ mode: z.literal('AUTO_PASSTHROUGH') }).optional(),
});

const gateway = z
  .strictObject({ selector: labels, servers: z.array(server) })
  .refine(
    ({ servers }) => servers.every(({ port, tls }) => (port.protocol === 'TLS') === (tls !== undefined)),
    'servers: tls mode AUTO_PASSTHROUGH goes with the protocol TLS, and with no other',
  );

const peerAuthentication = fields({
  selector: z.strictObject({ matchLabels: labels }),
  mtls: fields({ mode: z.enum(['UNSET', 'STRICT', 'PERMISSIVE']) }),
});

const workloadEntry = z.strictObject({
  address: z.string(),
  ports: z.record(z.string(), z.int()).optional(),
  labels: labels.optional(),
});

const serviceEntry = z
  .strictObject({
    hosts: z.array(z.string()),
    // Left out, it is MESH_EXTERNAL.
    location: z.literal('MESH_INTERNAL'),
    resolution: z.enum(['STATIC', 'DNS']),
    // What its names resolve to in pods: calls go by names here, so any address will do.
    addresses: z.array(z.string()).optional(),
    ports: z.array(
      z.strictObject({
        name: z.string(),
        number: z.int(),
        protocol: z.enum(['HTTP', 'http', 'HTTP2']),
        targetPort: z.int().optional(),
      }),
    ),
    endpoints: z.array(workloadEntry).optional(),
    workloadSelector: z.strictObject({ labels }).optional(),
  })
  .refine(
    ({ resolution, endpoints = [] }) =>
      resolution === 'DNS' || endpoints.every(({ address }) => isIP(address) > 0),
    'endpoints: addresses of resolution STATIC are IP addresses',
  );

export type DestinationRule = z.infer<typeof destinationRule>;
export type TrafficPolicy = z.infer<typeof trafficPolicy>;
export type VirtualService = z.infer<typeof virtualService>;
export type HttpRoute = z.infer<typeof httpRoute>;
export type Gateway = z.infer<typeof gateway>;
export type PeerAuthentication = z.infer<typeof peerAuthentication>;
export type ServiceEntry = z.infer<typeof serviceEntry>;

const SCHEMAS = {
  DestinationRule: destinationRule,
  VirtualService: virtualService,
  Gateway: gateway,
  PeerAuthentication: peerAuthentication,
  ServiceEntry: serviceEntry,
} as const;
type Kind = keyof typeof SCHEMAS;

const ISTIO_GROUPS = /^(networking|security|telemetry|extensions)\.istio\.io\//;

const isKnown = (kind: string): kind is Kind => Object.hasOwn(SCHEMAS, kind);

/** Why an object of Istio's cannot be what it says here; undefined for others, and for what is implemented. */
export function refuse(object: Resource): string | undefined {
  const { apiVersion, kind, spec } = object;
  if (apiVersion.startsWith(`${GATEWAY_GROUP}/`)) return refuseGatewayApi(object);
  if (kind === 'Service') return refuseSteering(object);
  if (!ISTIO_GROUPS.test(apiVersion)) return undefined;
  if (!isKnown(kind)) {
    return `the embedded mesh does not implement ${kind}; it implements ${Object.keys(SCHEMAS).join(', ')}`;
  }
  return refuseBy(SCHEMAS[kind], kind, spec ?? {});
}

/** What a Service says of which endpoints are taken steers Istio's proxies too. */
function refuseSteering({ spec }: Resource): string | undefined {
  const { trafficDistribution, sessionAffinity } = (spec ?? {}) as Readonly<Record<string, unknown>>;
  if (trafficDistribution !== undefined)
    return 'Service: spec.trafficDistribution: the embedded mesh does not implement it';
  return sessionAffinity === 'ClientIP'
    ? 'Service: spec.sessionAffinity ClientIP: the embedded mesh does not implement it'
    : undefined;
}

/** A rule with its metadata; `spec` as the schema reads it. */
export interface Rule<T> {
  readonly name: string;
  readonly namespace: string;
  readonly created: string;
  readonly spec: T;
}

export interface Rules {
  readonly destinationRules: readonly Rule<DestinationRule>[];
  readonly virtualServices: readonly Rule<VirtualService>[];
  readonly gateways: readonly Rule<Gateway>[];
  readonly peerAuthentications: readonly Rule<PeerAuthentication>[];
  readonly serviceEntries: readonly Rule<ServiceEntry>[];
}

/** Reads all rules of a cluster, oldest first. What would be refused has no effect. */
export function readRules(list: (kind: string) => readonly Resource[]): Rules {
  const read = <K extends Kind>(kind: K): Rule<z.infer<(typeof SCHEMAS)[K]>>[] =>
    list(kind)
      .filter(({ apiVersion }) => ISTIO_GROUPS.test(apiVersion))
      .flatMap(({ metadata, spec }) => {
        const { success, data } = SCHEMAS[kind].safeParse(spec ?? {});
        if (!success) return [];
        const { name, namespace = 'default', creationTimestamp: created = '' } = metadata;
        return [{ name, namespace, created, spec: data as z.infer<(typeof SCHEMAS)[K]> }];
      })
      .sort((a, b) => a.created.localeCompare(b.created) || a.name.localeCompare(b.name));
  const kubernetes = readGatewayApi(list);
  return {
    destinationRules: read('DestinationRule'),
    virtualServices: [...read('VirtualService'), ...kubernetes.virtualServices],
    gateways: [...read('Gateway'), ...kubernetes.gateways],
    peerAuthentications: read('PeerAuthentication'),
    serviceEntries: read('ServiceEntry'),
  };
}
