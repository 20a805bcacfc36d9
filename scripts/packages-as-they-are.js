/** A module hook: see sources.js. */
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

/** @type {import('node:module').LoadHook} */
export async function load(url, context, nextLoad) {
  const isOfPackage = url.startsWith('file:') && url.includes('/node_modules/');
  if (!isOfPackage || context.format !== 'module') return nextLoad(url, context);
  return { format: 'module', source: await readFile(fileURLToPath(url)), shortCircuit: true };
}
