/**
 * Requests per second of plain, fast and paced loops, side by side, against a server of this machine:
 * what the loops themselves cost. Exit 1 if a fast loop is less than 4 times as fast as a plain one.
 *
 *     node --import tsx scripts/bench/traffic.ts [REQUESTS]
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { localExec } from '../../fixtures/local-exec.ts';
import { startHello } from '../../fixtures/servers/hello.ts';
import { runOutside } from '../../harness/traffic/outside.ts';
import { runLoop } from '../../harness/traffic/run-loop.ts';
import type { Call, Loop, LoopEnd } from '../../harness/traffic/types.ts';

const LEAST_RATIO = 4;
const answeredBy = { version: 'version: (v\\d)' };

interface Row {
  readonly name: string;
  readonly perSecond: number;
  readonly counts: Readonly<Record<string, number>>;
}

async function main(requests: number): Promise<void> {
  // The server has a process of its own, so that it does not slow down what is measured.
  const server = fork(fileURLToPath(import.meta.url), ['serve']);
  const [url] = (await once(server, 'message')) as [string];
  const call: Call = { url: `${url}/random`, answeredBy };
  const loops: Record<string, Loop> = {
    plain: { mode: 'plain', requests, ...call },
    fast: { mode: 'fast', requests, ...call },
    'fast, fresh connections': { mode: 'fast', requests, connections: 'fresh', ...call },
    'paced, 10 a second': { mode: 'paced', requests: 50, ...call },
    'paced, 50 a second': { mode: 'paced', requests: 250, perSecond: 50, ...call },
  };
  const rows: Row[] = [];
  try {
    for (const [name, loop] of Object.entries(loops)) rows.push(await measureLoop(name, loop));
    rows.push(await measureOutside(call, requests));
  } finally {
    server.kill();
  }
  print(rows);
}

async function measureLoop(name: string, loop: Loop): Promise<Row> {
  const tally = new Tally();
  const end = await runLoop({
    exec: localExec(),
    pod: { namespace: 'local', pod: 'local' },
    loop,
    onAnswer: tally.add,
  });
  return tally.row(name, end);
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
  const fast = (rows.find(({ name }) => name === 'fast')?.perSecond ?? Number.NaN) / plain;
  if (fast >= LEAST_RATIO) return;
  console.error(
    `A fast loop must be at least ${String(LEAST_RATIO)} times as fast as a plain one; it is ${fast.toFixed(2)} times.`,
  );
  process.exitCode = 1;
}

if (process.argv[2] === 'serve') {
  const server = await startHello();
  process.send?.(server.url);
} else await main(Number(process.argv[2] ?? 600));
