// `streamer replay` as a command: its flags, what it prints, and its end.

import { once } from 'node:events';
import { join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { WebSocket } from 'ws';
import { runReplay } from '../../src/replay/main.js';
import { VERSION_LINE } from '../../src/shared/version.js';
import { asFile, FeedClient, filesOf, line, lines } from './feed-client.js';

interface Printed {
  stdout: string;
  stderr: string;
}

function capturePrinted(): Printed {
  const printed: Printed = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    const spy = vi.spyOn(process[name], 'write').mockImplementation((text) => {
      printed[name] += String(text);
      return true;
    });
    onTestFinished(() => spy.mockRestore());
  }
  return printed;
}

/** Runs the command; `signal` calls what it does on a signal, which cannot be sent to the test's own process. */
function startReplay(...argv: string[]) {
  const printed = capturePrinted();
  const before = { SIGINT: process.rawListeners('SIGINT'), SIGTERM: process.rawListeners('SIGTERM') };
  const ended = runReplay(argv);
  const added = (name: 'SIGINT' | 'SIGTERM') =>
    process.rawListeners(name).filter((listener) => !before[name].includes(listener));
  const signal = (name: 'SIGINT' | 'SIGTERM'): void => {
    // Without a listener the real signal would end the process at once.
    expect(added(name).length).toBeGreaterThan(0);
    for (const listener of added(name)) listener(name);
  };
  onTestFinished(async () => {
    if (added('SIGTERM').length > 0) signal('SIGTERM');
    await ended.catch(() => {});
    for (const name of ['SIGINT', 'SIGTERM'] as const) {
      for (const listener of added(name)) process.off(name, listener as () => void);
    }
  });
  const listening = async (): Promise<string> => {
    await expect.poll(() => printed.stdout, { timeout: 5000 }).toMatch(/^Listening on ws:\S+\n/);
    return /ws:\S+/.exec(printed.stdout)?.[0] ?? '';
  };
  return { printed, ended, signal, listening };
}

test.each(['SIGINT', 'SIGTERM'] as const)(
  'it prints where it listens and its topics, serves, and ends with 0 on %s, also when it comes twice',
  async (name) => {
    const [path = ''] = await filesOf({
      'x.jsonl': asFile([line('b', 1), '{"topic":"\\u001b[2J"}', ...lines('a', 2)]),
    });
    const replay = startReplay(path, '--port', '0', '--rate', '5');
    const ws = new WebSocket(await replay.listening());
    await once(ws, 'open');
    const client = new FeedClient(ws);
    await client.subscribe('a', 'b');
    await client.untilMessages(1);
    replay.signal(name);
    replay.signal(name);
    expect(await replay.ended).toBe(0);
    expect((await client.closed).code).toBe(1001);
    expect(replay.printed.stdout).toMatch(
      /^Listening on ws:\/\/127\.0\.0\.1:\d+\nTopics:\n {2}b\n {2}\\u001b\[2J\n {2}a\n$/,
    );
    expect(replay.printed.stderr).toBe('Client 1 has gone: 1 messages sent, 2 topics subscribed.\n');
  },
);

test('a file without topics is named on stderr', async () => {
  const [path = ''] = await filesOf({ 'x.jsonl': '[1]\n' });
  const replay = startReplay(path, '--port=0');
  await replay.listening();
  expect(replay.printed).toEqual({
    stdout: expect.stringMatching(/^Listening on [^\n]+\n$/),
    stderr: `${path} has no topics: every client gets all of it.\n`,
  });
});

test('of very many topics the first are shown', async () => {
  const [path = ''] = await filesOf({
    'x.jsonl': asFile(Array.from({ length: 45 }, (_, n) => line(`t${n}`, n))),
  });
  const replay = startReplay(path, '--port=0');
  await replay.listening();
  expect(replay.printed.stdout).toMatch(/ {2}t39\n {2}and 5 more\n$/);
});

test('--help and --version print and end with 0', async () => {
  const printed = capturePrinted();
  expect(await runReplay(['--help'])).toBe(0);
  for (const flag of ['--port', '--host', '--rate', '--speed', '--loop', '--help', '--version']) {
    expect(printed.stdout).toContain(`  ${flag}`);
  }
  printed.stdout = '';
  expect(await runReplay(['--version'])).toBe(0);
  expect(printed.stdout).toBe(`${VERSION_LINE}\n`);
});

test.each([
  [[], ['Nothing to replay: name a file of messages or an output folder.']],
  [['x', '--port', '65536'], ['--port is a whole number from 0 to 65535, not "65536".']],
  [['x', '--port=-1'], ['--port is a whole number from 0 to 65535, not "-1".']],
  [['x', '--rate', '0'], ['--rate is a number above 0, not "0".']],
  [['x', '--speed', 'fast'], ['--speed is a number above 0, not "fast".']],
  [['x', '--rate=1', '--speed=1'], ['--rate and --speed exclude each other: give one of them.']],
  [['x', '--loops'], ['There is no flag --loops. Did you mean --loop?']],
  [
    ['--port', 'x', '--rate', 'y'],
    [
      'Nothing to replay: name a file of messages or an output folder.',
      '--port is a whole number from 0 to 65535, not "x".',
      '--rate is a number above 0, not "y".',
    ],
  ],
])('%j is bad usage, each mistake a sentence', async (argv, sentences) => {
  await expect(runReplay(argv)).rejects.toMatchObject({ exit_code: 64, sentences });
});

test('a PATH that cannot be served is bad usage', async () => {
  const path = join('/nowhere', 'x.jsonl');
  await expect(runReplay([path])).rejects.toMatchObject({
    exit_code: 64,
    sentences: [`${path} does not exist: name a file of messages or an output folder.`],
  });
});
