import { z } from 'zod';
import { parseCidr } from './cidr.ts';

/** RFC 1123; what Kubernetes, kind and Istio take as a name anywhere. */
const dnsLabel = z
  .string()
  .regex(
    /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/,
    'expected a DNS label: at most 63 of a–z, 0–9 and -, no - at either end',
  );

/** The value of a Kubernetes label, here never empty. */
const labelValue = z
  .string()
  .regex(
    /^[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?$/,
    'expected the value of a label: at most 63 of letters, digits, - _ and ., a letter or digit at both ends',
  );

const cidr = z.string().superRefine((text, context) => {
  const parsed = parseCidr(text);
  if ('mistake' in parsed) context.addIssue({ code: 'custom', message: parsed.mistake });
});

const cluster = z.strictObject({
  name: dnsLabel,
  role: z.enum(['primary', 'remote']),
  primary: dnsLabel.optional(),
  podSubnet: cidr,
  serviceSubnet: cidr,
  region: labelValue.optional(),
  zone: labelValue.optional(),
  revision: dnsLabel.optional(),
});

const networks = z.record(z.string(), dnsLabel);

/** The shape of a topology file; what concerns several fields is in `check.ts`. */
export const topologySchema = z.strictObject({
  clusters: z.array(cluster).min(2, 'expected at least two clusters'),
  variants: z.strictObject({
    flat: networks.optional(),
    'multi-primary': networks.optional(),
    gateways: networks.optional(),
    replicated: networks.optional(),
  }),
});

/** A file that has the right shape. */
export type TopologyFile = z.infer<typeof topologySchema>;

/** The keys that a mapping at this path may have, for "did you mean"; none where any name may stand. */
export function keysAt(path: readonly PropertyKey[]): readonly string[] {
  if (path.length === 0) return Object.keys(topologySchema.shape);
  if (path[0] === 'clusters' && path.length === 2) return Object.keys(cluster.shape);
  if (path[0] === 'variants' && path.length === 1) return Object.keys(topologySchema.shape.variants.shape);
  return [];
}
