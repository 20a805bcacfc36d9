import { readFile, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import type { Finding } from '../types.ts';
import { about } from './findings.ts';
import type { Engine } from './docker.ts';

const GIB = 1024 ** 3;
/** A cluster of one node with Istio and applications, by measurement; below the first it does not come up. */
const MEMORY_LEAST = 1 * GIB;
const MEMORY_GOOD = 1.5 * GIB;
/** Below the first nothing can be unpacked; below the second the kubelet evicts for disk pressure. */
const DISK_LEAST = 5 * GIB;
const DISK_GOOD = 20 * GIB;
/** Source: https://kind.sigs.k8s.io/docs/user/known-issues/#pod-errors-due-to-too-many-open-files */
const INOTIFY = { max_user_watches: 524_288, max_user_instances: 512 } as const;

const gib = (bytes: number): string => `${(bytes / GIB).toFixed(1)} GiB`;

const readNumber = async (path: string): Promise<number | undefined> => {
  const value = Number.parseInt(await readFile(path, 'utf8').catch(() => ''), 10);
  return Number.isNaN(value) ? undefined : value;
};

/** Are there enough inotify watches? The limits are the machine's, not a container's. */
export async function checkInotify(proc = '/proc'): Promise<Finding[]> {
  const limits = await Promise.all(
    Object.entries(INOTIFY).map(async ([name, wanted]) => {
      const seen = await readNumber(join(proc, 'sys/fs/inotify', name));
      return { name, wanted, seen };
    }),
  );
  const low = limits.filter(({ seen, wanted }) => seen !== undefined && seen < wanted);
  if (low.length === 0) return [];
  const told = low.map(
    ({ name, wanted, seen }) => `fs.inotify.${name} is ${String(seen)}, ${String(wanted)} is advised`,
  );
  const remedy = `sudo sysctl ${low.map(({ name, wanted }) => `fs.inotify.${name}=${String(wanted)}`).join(' ')}`;
  return [about('inotify').warning(`${told.join('; ')} ("too many open files" in pods otherwise)`, remedy)];
}

/** Is there memory for so many new clusters? */
export async function checkMemory(engine: Engine, clusters: number, proc = '/proc'): Promise<Finding[]> {
  if (clusters === 0) return [];
  const text = engine.local ? await readFile(join(proc, 'meminfo'), 'utf8').catch(() => '') : '';
  const available = /^MemAvailable:\s+(\d+) kB$/m.exec(text)?.[1];
  const bytes = available === undefined ? engine.memoryBytes : Number(available) * 1024;
  if (bytes === undefined || bytes >= clusters * MEMORY_GOOD) return [];
  const say = about('memory');
  const seen = `${gib(bytes)} ${available === undefined ? 'in all' : 'available'}`;
  const message = `${String(clusters)} clusters need ${gib(clusters * MEMORY_GOOD)} of memory; there is ${seen}`;
  const remedy =
    'end what uses it, or give the virtual machine more; clusters of earlier runs: npx meshproof clean';
  return [bytes < clusters * MEMORY_LEAST ? say.error(message, remedy) : say.warning(message, remedy)];
}

/** Is there room where Docker keeps images and containers? Nothing is said where that folder cannot be seen. */
export async function checkDisk(engine: Engine): Promise<Finding[]> {
  if (!engine.local || engine.rootDirectory === '') return [];
  const stats = await statfs(engine.rootDirectory).catch(() => undefined);
  return stats === undefined ? [] : judgeDisk(engine.rootDirectory, stats.bavail * stats.bsize);
}

/** What so many free bytes mean. */
export function judgeDisk(directory: string, freeBytes: number): Finding[] {
  if (freeBytes >= DISK_GOOD) return [];
  const say = about('disk');
  const message = `${gib(DISK_GOOD)} should be free in ${directory}, where Docker keeps its data; there are ${gib(freeBytes)}`;
  const remedy = 'docker system df shows what takes it; docker system prune frees what nothing uses';
  return [freeBytes < DISK_LEAST ? say.error(message, remedy) : say.warning(message, remedy)];
}
