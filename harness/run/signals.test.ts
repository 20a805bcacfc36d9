import { afterEach, beforeEach, expect, test, vi, type MockInstance } from 'vitest';
import { sleep } from '../wait/wait.ts';
import { listenForTheEnd, type Ending } from './signals.ts';

let ending: Ending;
let exit: MockInstance<typeof process.exit>;

beforeEach(() => {
  exit = vi.spyOn(process, 'exit').mockImplementation(() => undefined as never);
  vi.spyOn(process.stderr, 'write').mockImplementation(() => true);
  ending = listenForTheEnd(undefined);
});
afterEach(() => {
  ending.release();
  vi.restoreAllMocks();
});

test('one Ctrl-C ends a run in order, though npm hands it on and it comes twice', () => {
  process.emit('SIGINT');
  process.emit('SIGINT');
  expect(ending.signal.aborted).toBe(true);
  expect(ending.by()).toMatchObject({ signal: 'SIGINT' });
  expect(exit).not.toHaveBeenCalled();
});

test('a second one, a while later, stops at once', async () => {
  process.emit('SIGINT');
  await sleep(1100);
  process.emit('SIGTERM');
  expect(exit).toHaveBeenCalledWith(143);
});
