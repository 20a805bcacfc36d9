import { about } from '../preflight/findings.ts';
import type { Finding } from '../types.ts';

/** What keeps the embedded mesh from running on this machine. */
export function embeddedPreflight(): Promise<Finding[]> {
  return Promise.resolve(process.platform === 'linux' ? [] : [noAddresses()]);
}

const noAddresses = (): Finding =>
  about('embedded').error(
    `every pod has an address in 127.0.0.0/8 of its own, which ${process.platform} does not give`,
    'run it on Linux, or on kind: --provider kind',
  );
