// `npm run suites`: writes suites/README.md, every claim and check, as the scenarios declare them.
import { writeSuitesPage } from './checks/suites.ts';

await writeSuitesPage().catch((error: unknown) => {
  // Whoever edits a suite is told where it is wrong, not where this program was.
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
});
