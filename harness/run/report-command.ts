import type { ReportOptions } from '../options/types.ts';
import { readEvents } from '../report/event-log.ts';
import { foldReport } from '../report/fold.ts';
import { terminalSummary } from '../report/terminal.ts';
import { reportText, writeReports } from '../report/write.ts';
import { Mistakes } from './mistakes.ts';
import { lookForRuns, userPath } from './setup.ts';
import { withBeginning } from './whole-log.ts';

/** Makes a run's reports anew from its events: also of a run that was killed. */
export function rebuildReport(options: ReportOptions): number {
  const directory = userPath(options.dir);
  const report = foldReport(withBeginning(directory, read(directory)));
  const { problems } = writeReports(directory, report);
  const env = options.color ? process.env : { ...process.env, NO_COLOR: '1' };
  process.stdout.write(
    options.json ? reportText(report) : terminalSummary(report, { screen: process.stdout, env, directory }),
  );
  for (const problem of problems) process.stderr.write(`${problem}\n`);
  return report.run.exitCode;
}

function read(directory: string): ReturnType<typeof readEvents> {
  try {
    return readEvents(directory);
  } catch {
    throw new Mistakes([
      `${directory} is not the folder of a run: there is no events.ndjson in it. See: ${lookForRuns(directory)}`,
    ]);
  }
}
