import { about } from '../preflight/findings.ts';
import type { Finding } from '../types.ts';

/** What keeps the embedded mesh from running on this machine. */
export function embeddedPreflight(): Promise<Finding[]> {
  return Promise.resolve(process.platform === 'win32' ? [noShell()] : []);
}

const noShell = (): Finding =>
  about('embedded').error(
    'pods run their commands in a shell of this machine, and Windows has none of POSIX',
    'run it in WSL: https://learn.microsoft.com/windows/wsl/install',
  );
