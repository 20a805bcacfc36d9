/** Meshes to simulate: what label answers the next call. */

/** The label of the next answer; `atMs` is when the call is sent. */
export type Mesh = (atMs: number) => string;

/** Independent draws with these shares. */
export function balanced(shares: Readonly<Record<string, number>>, random: () => number): Mesh {
  const entries = Object.entries(shares);
  return () => {
    let rest = random() * entries.reduce((sum, [, share]) => sum + share, 0);
    return entries.find(([, share]) => (rest -= share) < 0)?.[0] ?? entries.at(-1)?.[0] ?? 'error';
  };
}

/** Strictly in turn. */
export function roundRobin(labels: readonly string[]): Mesh {
  let next = 0;
  return () => labels[next++ % labels.length] ?? 'error';
}

/** Keeps the backend for a geometric number of calls, `block` on average, unknown to the caller. */
export function sticky(shares: Readonly<Record<string, number>>, random: () => number, block: number): Mesh {
  const draw = balanced(shares, random);
  let current = draw(0);
  return (atMs) => {
    if (random() < 1 / block) current = draw(atMs);
    return current;
  };
}

/** One mesh until a time, another from then on. */
export function changing(before: Mesh, after: Mesh, atMs: number): Mesh {
  return (nowMs) => (nowMs < atMs ? before : after)(nowMs);
}
