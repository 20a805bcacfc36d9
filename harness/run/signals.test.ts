import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { sleep } from '../wait/wait.ts';
import { listenForTheEnd, type Ending } from './signals.ts';

let ending: Ending;
const exit = vi.spyOn(process, 'exit');
const said = vi.spyOn(process.stderr, 'write');

beforeEach(() => {
  exit.mockImplementation(() => undefined as never);
  said.mockImplementation(() => true);
  ending = listenForTheEnd(undefined);
});
afterEach(() => {
  ending.release();
  exit.mockReset();
  said.mockRestore();
});

test('one Ctrl-C ends a run in order, though npm hands it on and it comes twice', () => {
  process.emit('SIGINT');
  process.emit('SIGINT');
  expect(ending.signal.aborted).toBe(true);
  expect(ending.by()).toBe('SIGINT');
  expect(exit).not.toHaveBeenCalled();
});

test('a second one, a while later, stops at once', async () => {
  process.emit('SIGINT');
  await sleep(1100);
  process.emit('SIGTERM');
  expect(exit).toHaveBeenCalledWith(143);
});
