/** A pod's directory: its volumes, and the programs that it finds on its PATH. */
import { chmodSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { asRecord } from '../api-server/json.ts';
import { shellQuote } from '../../command/quote.ts';
import { portsDirectory } from '../places.ts';
import { resolving } from './dns.ts';
import type { ProcessSpec } from './processes.ts';
import type { Resource, Store, WorkloadCertificate } from '../types.ts';
import { type Container, type Volume, podSpec } from './views.ts';

/** Where a proxy takes calls of its pod; in pods without one, a forwarder of the kubelet does. */
export const OUTBOUND_PORT = 15_001;

const SHIM = fileURLToPath(new URL('../programs/pod-shim.cjs', import.meta.url));

/** A path of the pod, and the directory that it is. */
interface Mount {
  readonly at: string;
  readonly directory: string;
}

/** Where a pod is. */
export interface PodAddresses {
  /** What addresses begin with that its packets do not get to. */
  readonly lost: readonly string[];
  /** Its own, which all others know. */
  readonly address: string;
  /** Where its containers listen: beside a sidecar an address that only the sidecar knows, else its own. */
  readonly appAddress: string;
}

/** The files of one pod on this machine. */
export class PodFiles {
  readonly directory: string;
  readonly #parent: string;
  readonly #pod: Resource;
  readonly #addresses: PodAddresses;
  #written: string | undefined;

  constructor(parent: string, pod: Resource, addresses: PodAddresses) {
    this.#parent = parent;
    this.directory = join(parent, pod.metadata.uid ?? pod.metadata.name);
    this.#pod = pod;
    this.#addresses = addresses;
  }

  /** Fills volumes and PATH. Throws an Error that says what is missing. */
  prepare(store: Store, curl: readonly string[]): void {
    const { volumes = [] } = podSpec(this.#pod);
    for (const volume of volumes) this.#fill(store, volume);
    const programs = join(this.directory, 'bin');
    rmSync(programs, { recursive: true, force: true });
    mkdirSync(programs, { recursive: true });
    symlinkSync(process.execPath, join(programs, 'node'));
    // The harness calls `curl -q`, which reads no .curlrc: what leads to the sidecar has to be on the command line.
    const { namespace = '' } = this.#pod.metadata;
    const sidecar = { host: this.#addresses.address, port: OUTBOUND_PORT };
    const where = resolving({ parent: this.#parent, namespace }, sidecar);
    const script = `#!/bin/sh\n${where}exec ${shellQuote([...curl, '-q'])} --connect-to "$to" "$@"\n`;
    writeFileSync(join(programs, 'curl'), script);
    chmodSync(join(programs, 'curl'), 0o755);
  }

  /** A command in a container, as this machine can run it. */
  processOf(container: Container, command: readonly string[]): ProcessSpec {
    const words = this.#wordsOf(container, command);
    return { words, environment: this.environmentOf(container), directory: this.directory };
  }

  /** What a container's processes find in their environment. */
  environmentOf(container: Container): Record<string, string> {
    const { name } = this.#pod.metadata;
    const { appAddress: address, lost } = this.#addresses;
    const mounts = this.#mountsOf(container);
    const shim = { address, lost, places: portsDirectory(), hostname: name, mounts };
    return {
      PATH: `${join(this.directory, 'bin')}:${process.env['PATH'] ?? '/usr/bin:/bin'}`,
      HOME: this.directory,
      CURL_HOME: this.directory,
      HOSTNAME: name,
      NODE_OPTIONS: `--require=${JSON.stringify(SHIM)}`,
      POD_SHIM: JSON.stringify(shim),
      ...this.#given(container),
    };
  }

  /** Arguments that are paths below a mount lead to its directory. */
  #wordsOf(container: Container, words: readonly string[]): string[] {
    const mounts = this.#mountsOf(container);
    return words.map((word) => {
      const mount = mounts.find(({ at }) => word === at || word.startsWith(`${at}/`));
      return mount === undefined ? word : mount.directory + word.slice(mount.at.length);
    });
  }

  #mountsOf({ volumeMounts = [] }: Container): Mount[] {
    return volumeMounts.map(({ name, mountPath }) => ({
      at: mountPath.replace(/\/$/, ''),
      directory: this.#volume(name),
    }));
  }

  /** Writes the certificate of the pod's proxy where the pod asks for it by Istio's two annotations. */
  writeCertificate(certificate: WorkloadCertificate): void {
    const directory = this.#outputCertificates();
    if (directory === undefined || this.#written === certificate.chain) return;
    this.#written = certificate.chain;
    writeFileSync(join(directory, 'cert-chain.pem'), certificate.chain);
    writeFileSync(join(directory, 'key.pem'), certificate.key);
    writeFileSync(join(directory, 'root-cert.pem'), certificate.root);
  }

  #outputCertificates(): string | undefined {
    const annotations = this.#pod.metadata.annotations ?? {};
    const [, path] = /OUTPUT_CERTS:\s*["']?([^"'\s]+)/.exec(annotations['proxy.istio.io/config'] ?? '') ?? [];
    const wanted = annotations['sidecar.istio.io/userVolumeMount'];
    if (path === undefined || wanted === undefined) return undefined;
    const mounts = JSON.parse(wanted) as { name: string; mountPath: string }[];
    const mount = mounts.find(({ mountPath }) => mountPath === path);
    return mount === undefined ? undefined : this.#volume(mount.name);
  }

  remove(): void {
    rmSync(this.directory, { recursive: true, force: true });
  }

  #volume(name: string): string {
    return join(this.directory, 'volumes', name);
  }

  #fill(store: Store, volume: Volume): void {
    const directory = this.#volume(volume.name);
    mkdirSync(directory, { recursive: true });
    const { namespace = '' } = this.#pod.metadata;
    const source = sourceOf(volume);
    if (source === undefined) return;
    const found = store.get({ ...source, namespace });
    if (found === undefined) {
      const what = `${source.kind.toLowerCase()} "${source.name}" not found`;
      throw new Error(`MountVolume.SetUp failed for volume "${volume.name}" : ${what}`);
    }
    const encoding = source.kind === 'Secret' ? 'base64' : 'utf8';
    for (const [file, text] of Object.entries(asRecord(found['data'])))
      if (typeof text === 'string') writeFileSync(join(directory, file), Buffer.from(text, encoding));
  }

  #given({ env = [] }: Container): Record<string, string> {
    const { name, namespace = '' } = this.#pod.metadata;
    const fields: Readonly<Record<string, string>> = {
      'metadata.name': name,
      'metadata.namespace': namespace,
      'status.podIP': this.#addresses.address,
    };
    return Object.fromEntries(
      env.map((each) => [each.name, each.value ?? fields[each.valueFrom?.fieldRef?.fieldPath ?? ''] ?? '']),
    );
  }
}

function sourceOf({ configMap, secret }: Volume): { kind: string; name: string } | undefined {
  if (configMap !== undefined) return { kind: 'ConfigMap', name: configMap.name };
  return secret === undefined ? undefined : { kind: 'Secret', name: secret.secretName };
}
