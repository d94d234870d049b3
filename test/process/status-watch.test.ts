// `streamer-status --watch` as a process: in a real terminal its keys, its sizes, and that the terminal is given back as
// it was, however the watching ends; and in a pipe.

import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { statusDocument, topicStatus } from '../status-cli/documents.js';
import { documentServer } from '../status-cli/status-server.js';
import { testFolder } from '../testing/folder.js';
import { openPty, type Pty } from '../testing/pty.js';
import { eventually, PROJECT, runs } from '../testing/supervised.js';

const PROGRAM = join(PROJECT, 'dist', 'status-cli', 'main.js');
const ENTER = '\x1b[?1049h\x1b[?25l';
const LEAVE = '\x1b[?25h\x1b[?1049l';
/** A mistake in the program, for whoever sends the signal. */
const THROWS = `--import=data:text/javascript,${encodeURIComponent('process.on("SIGUSR2", () => { throw new TypeError("odd"); });')}`;

interface Watching {
  readonly pty: Pty;
  readonly pid: number;
  /** The device of the terminal. */
  readonly device: string;
  /** Whether the program is done, and the terminal set and shown as it was; resolves to the exit status. */
  restored(): Promise<number>;
}

const TOPICS = Array.from({ length: 100 }, (_, i) =>
  topicStatus(`t${String(i).padStart(3, '0')}`, { rate_per_min: i }),
);

/** Watches 100 topics once an hour in a terminal of 80 by 24; `redirection` is of the shell's. */
async function watch(redirection = '', socket?: string): Promise<Watching> {
  const path = socket ?? (await documentServer(statusDocument(TOPICS))).path;
  const pty = openPty(
    `set -m
    stty cols 80 rows 24; echo "device $(tty)"; echo "before $(stty -g)."
    sh -c 'echo "pid $$"; exec "$NODE" "$THROWS" "$PROGRAM" --socket "$STATUS" --watch 3600' ${redirection}
    status=$?
    if [ $status -gt 140 ]; then echo "stopped $(stty -g)."; fg >/dev/null; status=$?; fi
    echo "status $status"; echo "after $(stty -g)."`,
    { LANG: 'C.UTF-8', NO_COLOR: '1', NODE: process.execPath, THROWS, PROGRAM, STATUS: path },
  );
  const device = (await pty.until(/device (\/dev\/\S+)/))[1] ?? '';
  const before = (await pty.until(/before (\S+)\./))[1];
  const pid = Number((await pty.until(/pid (\d+)/))[1]);
  await pty.until(/q quit|0 topics|more topics/);
  const restored = async () => {
    const status = Number((await pty.until(/status (\d+)/))[1]);
    expect((await pty.until(/after (\S+)\./))[1]).toBe(before);
    const shown = pty.shown();
    expect(shown.lastIndexOf(LEAVE)).toBeGreaterThan(shown.lastIndexOf(ENTER));
    await pty.ended;
    return status;
  };
  return { pty, pid, device, restored };
}

const stty = (device: string, ...args: string[]) => promisify(execFile)('stty', ['-F', device, ...args]);

// `script` has other flags elsewhere.
const terminals = test.skipIf(process.platform !== 'linux');

terminals(
  'keys are read one by one: they sort, scroll and filter, and q gives the terminal back',
  async () => {
    const { pty, restored } = await watch();
    pty.type('r');
    await pty.until(/t099 +live .*sort: rate/s);
    pty.type('\x1b[6~');
    await pty.until(/t081 +live .*… 18 above/s);
    pty.type('\x1b[');
    pty.type('F');
    await pty.until(/… 82 above/);
    pty.type('/t00');
    await pty.until(/10 listed.*filter: t00_/s);
    pty.type('\r');
    await pty.until(/sort: rate \| filter: t00/);
    pty.type('\x1b');
    await pty.until(/… 82 more topics.*sort: rate(?! \|)/s);
    pty.type('q');
    expect(await restored()).toBe(0);
    // What was seen last is behind the window.
    expect(pty.shown().split(LEAVE).at(-1)).toMatch(/^Uptime: .*… 82 more topics, all live\r\n/s);
  },
);

terminals('another size of the window is drawn at once', async () => {
  const { pty, device, restored } = await watch();
  await stty(device, 'cols', '40', 'rows', '10');
  await pty.until(/… 96 more topics, all live/);
  await stty(device, 'cols', '150', 'rows', '50');
  await pty.until(/ TREND .*… 56 more topics, all live/s);
  pty.type('q');
  expect(await restored()).toBe(0);
});

terminals.each(['SIGTERM', 'SIGHUP', 'SIGINT'] as const)('%s gives the terminal back', async (signal) => {
  const { pid, restored } = await watch();
  process.kill(pid, signal);
  expect(await restored()).toBe(0);
});

terminals(
  'Ctrl-C gives the terminal back, also in the middle of a filter and while nobody answers',
  async () => {
    const { pty, restored } = await watch();
    pty.type('/t0\x03');
    expect(await restored()).toBe(0);
    const down = await watch('', join(await testFolder(), 'none.sock'));
    expect(down.pty.shown()).toContain('Not running since 0s.');
    await down.pty.until(/Not running since [1-9]s\./);
    down.pty.type('\x03');
    expect(await down.restored()).toBe(2);
  },
);

terminals('a mistake in the program gives the terminal back, and then is told', async () => {
  const { pty, pid, restored } = await watch();
  process.kill(pid, 'SIGUSR2');
  expect(await restored()).toBe(70);
  expect(pty.shown().split(LEAVE).at(-1)).toContain('Ended by a mistake in the program: odd');
});

terminals('Ctrl-Z gives the terminal to the shell, and fg takes it again', async () => {
  const { pty, restored } = await watch();
  const set_before = /before (\S+)\./.exec(pty.shown())?.[1];
  pty.type('\x1a');
  expect((await pty.until(/stopped (\S+)\./))[1]).toBe(set_before);
  await pty.until(/q quit/);
  pty.type('n');
  await pty.until(/sort: name/);
  pty.type('q');
  expect(await restored()).toBe(0);
});

terminals('it ends when the terminal is gone', async () => {
  const { pty, pid } = await watch();
  pty.hangUp();
  await eventually('the end of it', () => !runs(pid));
});

terminals('without a keyboard it watches as before: no keys are told, and Ctrl-C ends it', async () => {
  const { pty, pid, device, restored } = await watch('</dev/null');
  expect(pty.shown()).not.toContain('q quit');
  // The terminal still makes a signal of it.
  expect((await stty(device, '-a')).stdout).toMatch(/\bisig icanon\b/);
  expect(runs(pid)).toBe(true);
  pty.type('\x03');
  expect(await restored()).toBe(0);
});

test('with --json a reader gets each document at once, and when it has enough the watching ends without a word', async () => {
  const document = statusDocument(TOPICS);
  const { path } = await documentServer(document);
  const child = spawn(process.execPath, [PROGRAM, '--socket', path, '--json', '--watch', '0.1']);
  let read = '';
  let complained = '';
  child.stderr.on('data', (chunk) => {
    complained += chunk;
  });
  child.stdout.setEncoding('utf8').on('data', (text) => {
    read += text;
    if (read.split('\n').length > 2) child.stdout.destroy();
  });
  expect(await once(child, 'exit')).toEqual([0, null]);
  expect(complained).toBe('');
  const lines = read.split('\n').slice(0, 2);
  expect(lines.map((line) => JSON.parse(line))).toEqual([document, document]);
});
