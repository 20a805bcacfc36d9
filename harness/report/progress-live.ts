import type { ProgressDisplay } from './progress.ts';
import { ProgressState } from './progress-state.ts';
import { colorsFor, widthOf } from './style.ts';
import type { Env, Screen } from './style.ts';
import { fit } from './text.ts';

const FRAMES = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'];
const FRAME_MS = 125;
/** More would push the results off the screen. */
const MOST_LINES = 6;

/** What stays is printed once; below it, written anew eight times a second, what is under way. */
export function createLiveProgress(
  stream: Screen & { write(text: string): unknown },
  env: Env,
): ProgressDisplay {
  const state = new ProgressState();
  const colors = colorsFor(stream, env);
  let drawn = 0;
  let frame = 0;
  // A line that the terminal breaks in two could not be erased.
  const columns = (): number => Math.min(stream.columns ?? 80, widthOf(stream, env)) - 1;
  const erase = (): string => (drawn === 0 ? '' : `\u001b[${String(drawn)}A\r\u001b[J`);
  const draw = (above: readonly string[]): void => {
    const lines = state
      .awaited(Date.now())
      .slice(-MOST_LINES)
      .map((line) => `${colors.cyan(FRAMES[frame % FRAMES.length] ?? '')} ${fit(line, columns() - 2)}\n`);
    stream.write(erase() + above.map((line) => `${line}\n`).join('') + lines.join(''));
    drawn = lines.length;
  };
  const timer = setInterval(() => {
    frame += 1;
    if (drawn > 0) draw([]);
  }, FRAME_MS);
  timer.unref();
  return {
    handle: (event) => {
      const lines = state.take(event, { colors, nowMs: Date.now(), columns: columns() });
      draw(staysOnScreen(event.type, lines));
    },
    stop: () => {
      clearInterval(timer);
      stream.write(erase());
      drawn = 0;
    },
  };
}

/** What begins, and what is going on, is in the lines below. */
function staysOnScreen(type: string, lines: readonly string[]): readonly string[] {
  if (type === 'progress') return [];
  return lines.filter((line) => !line.endsWith(' begins'));
}
