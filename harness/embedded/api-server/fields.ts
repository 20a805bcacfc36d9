/** Fields of the kinds that people write most, as far down as they misspell them. */
import { asRecord, type Json, isRecord } from './json.ts';

/** null: whatever stands there. A list has one shape for each of its items. */
type Shape = null | { readonly [field: string]: Shape | readonly [Shape] };

const leaves = (fields: string): Record<string, null> =>
  Object.fromEntries(fields.split(' ').map((field) => [field, null]));

const metadata: Shape = leaves(
  'name generateName namespace labels annotations uid resourceVersion generation creationTimestamp deletionTimestamp deletionGracePeriodSeconds finalizers ownerReferences managedFields selfLink',
);
const probe: Shape = leaves(
  'exec grpc httpGet tcpSocket initialDelaySeconds terminationGracePeriodSeconds periodSeconds timeoutSeconds failureThreshold successThreshold',
);
const container: Shape = {
  ...leaves(
    'name image command args workingDir envFrom resources resizePolicy restartPolicy restartPolicyRules volumeDevices terminationMessagePath terminationMessagePolicy imagePullPolicy securityContext stdin stdinOnce tty lifecycle',
  ),
  ports: [leaves('name containerPort hostPort hostIP protocol')],
  env: [leaves('name value valueFrom')],
  volumeMounts: [leaves('name mountPath subPath subPathExpr readOnly recursiveReadOnly mountPropagation')],
  livenessProbe: probe,
  readinessProbe: probe,
  startupProbe: probe,
};
const pod: Shape = {
  ...leaves(
    'volumes ephemeralContainers restartPolicy terminationGracePeriodSeconds activeDeadlineSeconds dnsPolicy nodeSelector serviceAccountName serviceAccount automountServiceAccountToken nodeName hostNetwork hostPID hostIPC hostUsers shareProcessNamespace securityContext imagePullSecrets hostname hostnameOverride subdomain affinity schedulerName tolerations hostAliases priorityClassName priority preemptionPolicy dnsConfig readinessGates runtimeClassName enableServiceLinks overhead topologySpreadConstraints setHostnameAsFQDN os schedulingGates resourceClaims resources',
  ),
  containers: [container],
  initContainers: [container],
};

/**
 * What stands below `spec`, by kind.
 * @see https://kubernetes.io/docs/reference/kubernetes-api/
 */
const SPECS: Readonly<Record<string, Shape>> = {
  Pod: pod,
  Deployment: {
    ...leaves('replicas minReadySeconds revisionHistoryLimit paused progressDeadlineSeconds'),
    selector: leaves('matchLabels matchExpressions'),
    strategy: { type: null, rollingUpdate: leaves('maxSurge maxUnavailable') },
    template: { metadata, spec: pod },
  },
  Service: {
    ...leaves(
      'selector clusterIP clusterIPs type externalIPs sessionAffinity sessionAffinityConfig loadBalancerIP loadBalancerSourceRanges loadBalancerClass externalName externalTrafficPolicy internalTrafficPolicy trafficDistribution healthCheckNodePort publishNotReadyAddresses ipFamilies ipFamilyPolicy allocateLoadBalancerNodePorts',
    ),
    ports: [leaves('name protocol appProtocol port targetPort nodePort')],
  },
};

/** Paths of fields that Kubernetes does not know, in an object of a kind. */
export function unknownFieldsOf(kind: string, object: Json): string[] {
  const shape = SPECS[kind];
  return shape === undefined ? [] : unknownIn(object['spec'], shape, 'spec');
}

function unknownIn(value: unknown, shape: Shape | readonly [Shape], path: string): string[] {
  if (shape === null) return [];
  if (isList(shape)) {
    const items: readonly unknown[] = Array.isArray(value) ? value : [];
    return items.flatMap((item, index) => unknownIn(item, shape[0], `${path}[${String(index)}]`));
  }
  if (!isRecord(value)) return [];
  return Object.entries(asRecord(value)).flatMap(([field, below]) => {
    const known = Object.hasOwn(shape, field) ? shape[field] : undefined;
    return known === undefined ? [`${path}.${field}`] : unknownIn(below, known, `${path}.${field}`);
  });
}

const isList = (shape: Shape | readonly [Shape]): shape is readonly [Shape] => Array.isArray(shape);
