import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { curlOnce, loopCommand, mostInFlight } from './loop.ts';
import type { Loop } from './types.ts';

const loop: Loop = {
  mode: 'fast',
  url: 'http://hello.sample:5000/hello',
  requests: 10,
  answeredBy: { version: 'v\\d' },
};

describe('loopCommand', () => {
  it('puts no datum into the script, whatever it holds', () => {
    const evil = {
      ...loop,
      url: "http://h/$(id)'`id`",
      headers: { 'x-a': '"; rm -rf /; $(id)' },
      cookies: { c: "a'b" },
    };
    const [, , script] = loopCommand(evil, '@m');
    expect(script).toBe(loopCommand(loop, '@m')[2]);
    expect(loopCommand(evil, '@m')).toContain(evil.url);
    expect(loopCommand(evil, '@m')).toContain('x-a: "; rm -rf /; $(id)');
  });

  it('sends a script that is short enough for a URL and that each shell reads', () => {
    const [, , script = ''] = loopCommand(loop, '@m');
    expect(encodeURIComponent(script).length).toBeLessThan(7000);
    expect(execFileSync('sh', ['-n', '-c', script]).toString()).toBe('');
  });

  it('sends an empty header as one, and asks for fresh connections only where one curl makes many calls', () => {
    expect(loopCommand({ ...loop, headers: { 'x-empty': '' } }, '@m')).toContain('x-empty;');
    expect(loopCommand({ ...loop, connections: 'fresh' }, '@m')).toContain('Connection: close');
    expect(loopCommand({ ...loop, mode: 'plain', connections: 'fresh' }, '@m')).not.toContain(
      'Connection: close',
    );
  });

  it('names all mistakes at once', () => {
    const bad: Loop = {
      mode: 'paced',
      url: '-o/etc/passwd',
      headers: { '@file': 'x', 'x-y': 'a\r\nhost: evil' },
      cookies: { a: 'b;c' },
      answeredBy: { version: '(' },
      timeoutMs: 0,
      requests: 1.5,
      perSecond: 1000,
    };
    expect(() => loopCommand(bad, '@m')).toThrow(
      /url must be.*header "x-y".*cookie "a".*regular expression.*timeoutMs.*requests.*perSecond/,
    );
  });

  it('lets as many calls be under way as their time limit needs', () => {
    expect(mostInFlight({ mode: 'paced', url: loop.url, answeredBy: loop.answeredBy })).toBe(61);
  });
});

it('curlOnce gives a command that a shell reads back as it was meant', () => {
  const words = curlOnce({ ...loop, headers: { 'x-a': "it's $HOME" } }).replace(/^curl/, `printf '%s|'`);
  expect(execFileSync('sh', ['-c', words]).toString()).toBe(
    "-sS|--max-time|5|-H|x-a: it's $HOME|http://hello.sample:5000/hello|",
  );
});
