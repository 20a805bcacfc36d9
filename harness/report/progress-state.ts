import type { RunEvent, StageChanged } from './events.ts';
import { numbersOf } from './numbers.ts';
import { paddedMarkOf } from './style.ts';
import type { Colors } from './style.ts';
import type { CheckRecord } from './types.ts';
import { counted, duration, fit, oneLine } from './text.ts';

/** Something that has begun and not ended. */
interface Awaited {
  readonly title: string;
  readonly sinceMs: number;
}

/** What a scenario is at; several may be played at once. */
interface Activity extends Awaited {
  /** What its title begins with. */
  readonly where: string;
  readonly requests: number;
}

/** How lines are to look, and when it is. */
export interface Moment {
  readonly colors: Colors;
  readonly nowMs: number;
  /** Where lines must not be longer than the screen: its width. */
  readonly columns?: number;
}

/** What is going on at a moment, as the events tell it. Times in milliseconds since the epoch. */
export class ProgressState {
  readonly #stages = new Map<string, Awaited>();
  /** By scenario: SUITE/VARIANT/CLAIM; '' is the run itself. */
  readonly #activities = new Map<string, Activity>();
  #judged = 0;
  #planned: number | undefined;

  /** Takes an event in; returns the lines that are to stay on the screen. */
  take(event: RunEvent, moment: Moment): readonly string[] {
    const { colors, nowMs } = moment;
    switch (event.type) {
      case 'run-started':
        return [`run ${event.run.id}, seed ${String(event.run.seed)}`];
      case 'plan':
        this.#planned = event.checks;
        return [`${counted(event.checks, 'check')} planned`];
      case 'stage':
        return this.#takeStage(event, moment);
      case 'progress':
        return this.#takeProgress(event, nowMs);
      case 'check':
        if (event.carried === true) return []; // still to be judged
        this.#judged += 1;
        this.#activities.delete(scenarioOf(event.check.id));
        return [checkLine(event.check, moment)];
      case 'note':
        return [
          event.level === 'warning' ? colors.yellow(`warning: ${oneLine(event.text)}`) : oneLine(event.text),
        ];
      case 'preflight':
        return event.findings
          .filter(({ severity }) => severity !== 'info')
          .map(({ severity, subject, message }) =>
            colors.yellow(`${severity}: ${subject}: ${oneLine(message)}`),
          );
      case 'environment':
      case 'run-ended':
        return [];
    }
  }

  /** What is awaited now, the most telling last. */
  awaited(nowMs: number): readonly string[] {
    const since = ({ sinceMs }: Awaited): string => duration(Math.max(0, nowMs - sinceMs));
    const stages = [...this.#stages.values()].map(
      (stage) => `${stage.title}  ${since(stage)}${this.#share(stage.title)}`,
    );
    const activities = [...this.#activities.values()].map((activity) => {
      const requests = activity.requests === 0 ? '' : `, ${counted(activity.requests, 'request')}`;
      return `${activity.where}${activity.title}${requests}  ${since(activity)}`;
    });
    return [...stages, ...activities];
  }

  #share(title: string): string {
    if (!title.startsWith('measure') || this.#planned === undefined) return '';
    return `  ${String(this.#judged)} of ${String(this.#planned)} checks`;
  }

  #takeStage(event: StageChanged, { colors, nowMs }: Moment): readonly string[] {
    const place = [event.suite, event.variant, event.cluster].filter((part) => part !== undefined).join('/');
    const title = place === '' ? event.name : `${event.name} ${place}`;
    const open = this.#stages.get(title);
    if (event.state === 'started') {
      this.#stages.set(title, { title, sinceMs: nowMs });
      return [`${title} begins`];
    }
    this.#stages.delete(title);
    const over = [event.suite, event.variant?.split(' ')[0], ''].join('/');
    for (const of of this.#activities.keys())
      if (of === '' || of.startsWith(over)) this.#activities.delete(of);
    const took = event.durationMs ?? (open === undefined ? undefined : nowMs - open.sinceMs);
    const time = took === undefined ? '' : ` in ${duration(took)}`;
    if (event.state === 'done') return [`${title} done${time}`];
    return [colors.red(`${title} FAILED${time}: ${oneLine(event.message ?? 'no reason given')}`)];
  }

  /** A new number of requests is not worth a line of its own, a new activity is. */
  #takeProgress(event: Extract<RunEvent, { type: 'progress' }>, nowMs: number): readonly string[] {
    const { text, of = '', check = of, requests = 0 } = event;
    const title = oneLine(text);
    const where = check === '' ? '' : `${shortOf(check)}: `;
    const before = this.#activities.get(of);
    const known = before?.title === title && before.where === where;
    this.#activities.set(of, { title, where, requests, sinceMs: known ? before.sinceMs : nowMs });
    return known ? [] : [`${check === '' ? '' : `${check}: `}${title}`];
  }
}

const scenarioOf = (check: string): string => check.split('/').slice(0, 3).join('/');

/** Whole for a file, where it may be searched for; on a screen one line, as the summary will have the rest. */
function checkLine(check: CheckRecord, { colors, columns }: Moment): string {
  const mark = paddedMarkOf(check.verdict, colors);
  const numbers = numbersOf(check);
  if (columns === undefined) return `${mark}  ${check.id}  ${colors.dim(numbers)}`;
  const name = shortOf(check.id);
  return `${mark}  ${name}  ${colors.dim(fit(numbers, columns - name.length - 20))}`;
}

/** Suite and variant are in the line of the stage. */
function shortOf(id: string): string {
  return id.split('/').slice(2).join('/') || id;
}
