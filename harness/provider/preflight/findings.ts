import type { Finding } from '../types.ts';

/** Makes findings about one subject. `remedy` is a command to paste, or what to change. */
export interface Findings {
  error(message: string, remedy: string): Finding;
  warning(message: string, remedy: string): Finding;
  info(message: string): Finding;
}

/** Findings about `subject`, e.g. `docker` or `cluster1`. */
export const about = (subject: string): Findings => ({
  error: (message, remedy) => ({ severity: 'error', subject, message, remedy }),
  warning: (message, remedy) => ({ severity: 'warning', subject, message, remedy }),
  info: (message) => ({ severity: 'info', subject, message, remedy: null }),
});
