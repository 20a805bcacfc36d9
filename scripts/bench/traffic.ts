/**
 * Requests per second of plain, fast and paced loops, side by side: against a server of this machine, which shows what
 * the loops themselves cost, or from a pod. Exit 1 if a fast loop is less than 4 times as fast as a plain one, or if the
 * two see other shares of versions than chance explains.
 *
 *     node --import tsx scripts/bench/traffic.ts [REQUESTS]
 *     node --import tsx scripts/bench/traffic.ts [REQUESTS] --kubeconfig FILE --namespace NAMESPACE --pod POD --container CONTAINER --url URL
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { localExec } from '../../fixtures/local-exec.ts';
import { startHello } from '../../fixtures/servers/hello.ts';
import { connect } from '../../harness/cluster/cluster.ts';
import { runOutside } from '../../harness/traffic/outside.ts';
import { runLoop } from '../../harness/traffic/run-loop.ts';
import type { Call, ClientPod, Exec, Loop, LoopEnd } from '../../harness/traffic/types.ts';

const LEAST_RATIO = 4;
/** Two loops that see the same shares differ by more standard errors once in 10,000 benchmarks. */
const MOST_STANDARD_ERRORS = 3.89;
const answeredBy = { version: 'version: (v\\d)' };

interface Row {
  readonly name: string;
  readonly perSecond: number;
  readonly counts: Readonly<Record<string, number>>;
}

interface Caller {
  readonly exec: Exec;
  readonly pod: ClientPod;
}

const loopsOf = (call: Call, requests: number): Record<string, Loop> => ({
  plain: { mode: 'plain', requests, ...call },
  fast: { mode: 'fast', requests, ...call },
  'fast, fresh connections': { mode: 'fast', requests, connections: 'fresh', ...call },
  'paced, 10 a second': { mode: 'paced', requests: 50, ...call },
  'paced, 50 a second': { mode: 'paced', requests: 250, perSecond: 50, ...call },
});

async function onThisMachine(requests: number): Promise<void> {
  // The server has a process of its own, so that it does not slow down what is measured.
  const server = fork(fileURLToPath(import.meta.url), ['serve']);
  const [url] = (await once(server, 'message')) as [string];
  const call: Call = { url: `${url}/random`, answeredBy };
  try {
    const caller = { exec: localExec(), pod: { namespace: 'local', pod: 'local' } };
    print([...(await measureLoops(caller, call, requests)), await measureOutside(call, requests)]);
  } finally {
    server.kill();
  }
}

interface Place {
  readonly kubeconfig: string;
  readonly namespace: string;
  readonly pod: string;
  readonly container: string;
  readonly url: string;
}

async function fromPod({ kubeconfig, url, ...pod }: Place, requests: number): Promise<void> {
  const cluster = await connect({ name: 'cluster', kubeconfig, context: undefined });
  try {
    const caller = { exec: (request: Parameters<Exec>[0]) => cluster.exec(request), pod };
    print(await measureLoops(caller, { url, answeredBy }, requests));
  } finally {
    await cluster.close();
  }
}

async function measureLoops(caller: Caller, call: Call, requests: number): Promise<Row[]> {
  const rows: Row[] = [];
  for (const [name, loop] of Object.entries(loopsOf(call, requests))) {
    const tally = new Tally();
    rows.push(tally.row(name, await runLoop({ ...caller, loop, onAnswer: tally.add })));
  }
  return rows;
}

async function measureOutside(call: Call, requests: number): Promise<Row> {
  const tally = new Tally();
  return tally.row('outside', await runOutside({ call, requests, onAnswer: tally.add }));
}

class Tally {
  readonly #counts: Record<string, number> = {};
  readonly add = ({ label }: { readonly label: string }): void => {
    this.#counts[label] = (this.#counts[label] ?? 0) + 1;
  };

  row(name: string, end: LoopEnd): Row {
    if (!end.complete) throw new Error(`${name}: ${end.transport ?? 'not complete'}`);
    return { name, perSecond: (end.received * 1000) / (end.endedMs - end.startedMs), counts: this.#counts };
  }
}

function print(rows: readonly Row[]): void {
  const plain = rows.find(({ name }) => name === 'plain')?.perSecond ?? Number.NaN;
  for (const { name, perSecond, counts } of rows) {
    const ratio = `${(perSecond / plain).toFixed(1)} × plain`;
    console.log(
      name.padEnd(26),
      `${perSecond.toFixed(1)} requests/s`.padStart(18),
      ratio.padStart(14),
      ' ',
      JSON.stringify(counts),
    );
  }
  const fast = rows.find(({ name }) => name === 'fast');
  const slow = rows.find(({ name }) => name === 'plain');
  if (fast === undefined || slow === undefined) return;
  const ratio = fast.perSecond / slow.perSecond;
  if (ratio < LEAST_RATIO) {
    fail(
      `A fast loop must be at least ${String(LEAST_RATIO)} times as fast as a plain one; it is ${ratio.toFixed(2)} times.`,
    );
  }
  const apart = standardErrorsApart(fast.counts, slow.counts);
  console.log(
    `shares of plain and fast differ by ${apart.toFixed(2)} standard errors (limit ${String(MOST_STANDARD_ERRORS)})`,
  );
  if (!(apart <= MOST_STANDARD_ERRORS)) fail('A fast loop must see the same shares as a plain one.');
}

/** The two-proportion z statistic of the share of v1, pooled. */
function standardErrorsApart(a: Row['counts'], b: Row['counts']): number {
  const total = (counts: Row['counts']): number => Object.values(counts).reduce((sum, one) => sum + one, 0);
  const [inA, inB, ofA, ofB] = [a['v1'] ?? 0, b['v1'] ?? 0, total(a), total(b)];
  const pooled = (inA + inB) / (ofA + ofB);
  const error = Math.sqrt(pooled * (1 - pooled) * (1 / ofA + 1 / ofB));
  return error === 0 ? 0 : Math.abs(inA / ofA - inB / ofB) / error;
}

function fail(message: string): void {
  console.error(message);
  process.exitCode = 1;
}

async function main(): Promise<void> {
  const option = { type: 'string' } as const;
  const options = { kubeconfig: option, namespace: option, pod: option, container: option, url: option };
  const { values, positionals } = parseArgs({ allowPositionals: true, options });
  const requests = Number(positionals[0] ?? 600);
  const { kubeconfig, namespace, pod, container, url } = values;
  if (kubeconfig === undefined) await onThisMachine(requests);
  else if (namespace !== undefined && pod !== undefined && container !== undefined && url !== undefined) {
    await fromPod({ kubeconfig, namespace, pod, container, url }, requests);
  } else fail('--kubeconfig needs --namespace, --pod, --container and --url');
}

if (process.argv[2] === 'serve') {
  const server = await startHello();
  process.send?.(server.url);
} else await main();
