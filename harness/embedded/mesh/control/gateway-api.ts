/** The Kubernetes Gateway API: read as the Gateways and VirtualServices that say the same, which is how Istio reads it. */
import { z } from 'zod';
import type { Resource } from '../../types.ts';
import type { Gateway, HttpRoute, Rule, VirtualService } from './rules.ts';

export const GATEWAY_GROUP = 'gateway.networking.k8s.io';
export const GATEWAY_CLASS = 'istio';
/** Label of the pods that are a Gateway's. */
export const GATEWAY_NAME = `${GATEWAY_GROUP}/gateway-name`;

const gateway = z.strictObject({
  gatewayClassName: z.literal(GATEWAY_CLASS),
  listeners: z.array(
    z.strictObject({
      name: z.string(),
      port: z.int(),
      protocol: z.literal('HTTP'),
      hostname: z.string().optional(),
      // Routes name no other namespace (below): `Same` is all that there is.
      allowedRoutes: z
        .strictObject({ namespaces: z.strictObject({ from: z.enum(['Same', 'All']) }).optional() })
        .optional(),
    }),
  ),
});

const path = z.strictObject({ type: z.enum(['Exact', 'PathPrefix']), value: z.string().startsWith('/') });

const httpRoute = z.strictObject({
  parentRefs: z.array(
    z.union([
      z.strictObject({
        group: z.literal(GATEWAY_GROUP).optional(),
        kind: z.literal('Gateway').optional(),
        name: z.string(),
      }),
      z.strictObject({
        group: z.literal(''),
        kind: z.literal('Service'),
        name: z.string(),
        port: z.int().optional(),
      }),
    ]),
  ),
  hostnames: z.array(z.string()).optional(),
  // Of several rules the most specific match would win, wherever it stands.
  rules: z
    .array(
      z.strictObject({
        matches: z.array(z.strictObject({ path: path.optional() })).optional(),
        backendRefs: z.array(
          z.strictObject({ name: z.string(), port: z.int(), weight: z.int().min(0).optional() }),
        ),
      }),
    )
    .length(1),
});

const SCHEMAS: Readonly<Record<string, z.ZodType>> = { Gateway: gateway, HTTPRoute: httpRoute };

/** Why an object of the Gateway API cannot be what it says here; undefined for what is implemented. */
export function refuseGatewayApi({ kind, spec }: Resource): string | undefined {
  const schema = SCHEMAS[kind];
  if (schema === undefined) return `the embedded mesh does not implement ${kind} of the Gateway API`;
  return refuseBy(schema, kind, spec);
}

/** What of a spec a schema does not know; undefined when it knows all. */
export function refuseBy(schema: z.ZodType, kind: string, spec: unknown): string | undefined {
  const { error } = schema.safeParse(spec);
  const problems = error?.issues.map((issue) => `${['spec', ...issue.path].join('.')}: ${issue.message}`);
  return problems && `the embedded mesh does not implement this ${kind}: ${problems.join('; ')}`;
}

type Listed = (kind: string) => readonly Resource[];

function readAll<T>(list: Listed, kind: string, schema: z.ZodType<T>): Rule<T>[] {
  return list(kind)
    .filter(({ apiVersion }) => apiVersion.startsWith(`${GATEWAY_GROUP}/`))
    .flatMap(({ metadata, spec }) => {
      const { success, data } = schema.safeParse(spec);
      const { name, namespace = 'default', creationTimestamp: created = '' } = metadata;
      return success ? [{ name, namespace, created, spec: data }] : [];
    });
}

/** The Gateways of the mesh's class. */
export const readKubernetesGateways = (list: Listed): Rule<z.infer<typeof gateway>>[] =>
  readAll(list, 'Gateway', gateway);

/** A name that no Gateway of Istio's own kind has. */
const innerName = (name: string): string => `${name}~kubernetes`;

/** What Gateways and HTTPRoutes come to. What would be refused has no effect. */
export function readGatewayApi(list: Listed): {
  readonly gateways: Rule<Gateway>[];
  readonly virtualServices: Rule<VirtualService>[];
} {
  const gateways = readKubernetesGateways(list).map(({ spec, ...rule }) => ({
    ...rule,
    name: innerName(rule.name),
    spec: {
      selector: { [GATEWAY_NAME]: rule.name },
      servers: spec.listeners.map(({ name, port, hostname = '*' }) => ({
        port: { number: port, name, protocol: 'HTTP' as const },
        hosts: [hostname],
      })),
    },
  }));
  return { gateways, virtualServices: readAll(list, 'HTTPRoute', httpRoute).flatMap(virtualServicesOf) };
}

type Route = z.infer<typeof httpRoute>;
type Match = NonNullable<HttpRoute['match']>[number];

/** One for each parent: at a Gateway for the hosts that come in there, at a Service for its callers in the mesh. */
const virtualServicesOf = ({ spec, ...rule }: Rule<Route>): Rule<VirtualService>[] =>
  spec.parentRefs.map((parent) => {
    const atService = parent.kind === 'Service';
    const port = atService ? parent.port : undefined;
    const hosts = atService ? [`${parent.name}.${rule.namespace}.svc.cluster.local`] : spec.hostnames;
    const gateways = [atService ? 'mesh' : `${rule.namespace}/${innerName(parent.name)}`];
    const http = spec.rules.map((one) => httpOf(one, port));
    return { ...rule, spec: { hosts: hosts ?? ['*'], gateways, http } };
  });

function httpOf(
  { matches = [{}], backendRefs }: Route['rules'][number],
  port: number | undefined,
): HttpRoute {
  return {
    match: matches.map((match) => ({ ...uriOf(match), ...(port === undefined ? {} : { port }) })),
    route: backendRefs.map(({ name, port: number, weight = 1 }) => ({
      destination: { host: name, port: { number } },
      weight,
    })),
  };
}

/** A prefix is of whole segments: /static is one of /static/a and not of /statics. */
function uriOf({ path: wanted }: { path?: z.infer<typeof path> | undefined }): Match {
  if (wanted === undefined) return {};
  if (wanted.type === 'Exact') return { uri: { exact: wanted.value } };
  const literal = wanted.value.replace(/\/$/, '').replace(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`);
  return { uri: { regex: `${literal}(/.*)?` } };
}
