// `--watch`: round after round, through the end of a supervisor and the start of the next.

import { join } from 'node:path';
import { expect, test } from 'vitest';
import { runStatus } from '../../src/status-cli/run.js';
import { testFolder } from '../testing/folder.js';
import { statusDocument, topicStatus } from './documents.js';
import { documentServer, FakeTerminal, type StatusServer, statusServer } from './status-server.js';

const LIVE = statusDocument([topicStatus('publicTrade.BTCUSDT')]);
const HALF = statusDocument([topicStatus('a', { state: 'waiting' })]);

/** Runs the command until its `writes`-th write, then stops it as Ctrl-C does. */
async function watchFor(writes: number, argv: readonly string[], terminal: FakeTerminal): Promise<number> {
  terminal.on_write = () => {
    if (terminal.written.length >= writes) terminal.stop();
  };
  return runStatus(argv, terminal);
}

test('elsewhere than on a terminal each round prints a fresh block', async () => {
  const { path } = await documentServer(LIVE);
  const terminal = new FakeTerminal();
  expect(await watchFor(2, ['--socket', path, '--watch', '0.1'], terminal)).toBe(0);
  expect(terminal.written).toHaveLength(2);
  for (const block of terminal.written) {
    expect(block).toMatch(/^Uptime: 12m34s .*\npublicTrade\.BTCUSDT {2}live .*\n\n$/s);
    expect(block).not.toContain('\x1b');
  }
});

test('rounds are as far apart as asked', async () => {
  const asked_ms: number[] = [];
  const { path } = await statusServer((socket) => {
    asked_ms.push(performance.now());
    socket.end(JSON.stringify(LIVE));
  });
  await watchFor(3, ['--socket', path, '--watch=0.2'], new FakeTerminal());
  const waits = asked_ms.slice(1).map((ms, i) => ms - (asked_ms[i] ?? 0));
  for (const wait of waits) expect(wait).toBeGreaterThan(190);
});

test('with --json each round prints a document on a line, and nothing else', async () => {
  const { path } = await documentServer(HALF);
  const terminal = new FakeTerminal();
  terminal.columns_rows = { columns: 80, rows: 24 };
  expect(await watchFor(2, ['--json', '--socket', path, '--watch', '0.1'], terminal)).toBe(1);
  expect(terminal.written).toEqual([`${JSON.stringify(HALF)}\n`, `${JSON.stringify(HALF)}\n`]);
});

test('it outlives the supervisor, says since when it is gone, and comes back by itself', async () => {
  const path = join(await testFolder(), 's.sock');
  let server: StatusServer | null = await documentServer(LIVE, path);
  const terminal = new FakeTerminal();
  terminal.on_write = async (text) => {
    if (text.startsWith('Uptime') && server !== null && terminal.written.length === 1) {
      await server.close();
      server = null;
    } else if (text.startsWith('Not running for 1s')) server = await documentServer(LIVE, path);
    else if (text.startsWith('Uptime') && terminal.written.length > 1) terminal.stop();
  };
  expect(await runStatus(['--socket', path, '--watch', '0.2'], terminal)).toBe(0);
  expect(terminal.written[1]).toMatch(
    /^Not running for 0s\.\nNo streamer is running: .* socket .*s\.sock\. /,
  );
  expect(terminal.written.at(-1)).toMatch(/^Uptime/);
});

test('without an instance the exit status is 2, and with --json the reason is told once, on stderr', async () => {
  const path = join(await testFolder(), 'none.sock');
  const terminal = new FakeTerminal();
  const complained: string[] = [];
  terminal.complain = (sentence) => complained.push(sentence);
  setTimeout(() => terminal.stop(), 500);
  expect(await runStatus(['--socket', path, '--watch', '0.1', '--json'], terminal)).toBe(2);
  expect(complained).toHaveLength(1);
  expect(terminal.written).toEqual([]);
});

test('the exit status is that of the last answer', async () => {
  let asked = 0;
  const { path } = await statusServer((socket) => {
    asked += 1;
    socket.end(JSON.stringify(asked === 1 ? LIVE : HALF));
  });
  expect(await watchFor(2, ['--socket', path, '--watch', '0.1'], new FakeTerminal())).toBe(1);
});

test('it ends at once when stopped while a server does not answer', async () => {
  const terminal = new FakeTerminal();
  const { path } = await statusServer(() => terminal.stop());
  const started_ms = performance.now();
  expect(await runStatus(['--socket', path, '--watch'], terminal)).toBe(2);
  expect(performance.now() - started_ms).toBeLessThan(1000);
});

test('it ends quietly when nobody reads any more', async () => {
  const { path } = await documentServer(LIVE);
  const terminal = new FakeTerminal();
  terminal.on_write = () => {
    terminal.read = false;
  };
  expect(await runStatus(['--socket', path, '--watch', '0.1'], terminal)).toBe(0);
  expect(terminal.written).toHaveLength(1);
});

test('on a terminal it redraws in place within the window and leaves the cursor as it was', async () => {
  const topics = Array.from({ length: 200 }, (_, i) => topicStatus(`t${i}`));
  const { path } = await documentServer(statusDocument(topics));
  const terminal = new FakeTerminal();
  terminal.columns_rows = { columns: 80, rows: 24 };
  terminal.env.NO_COLOR = '1';
  expect(await watchFor(3, ['--socket', path, '--watch', '0.1'], terminal)).toBe(0);
  const [enter, first, second, leave] = terminal.written;
  expect(enter).toBe('\x1b[?1049h\x1b[?25l');
  const frame = (first ?? '').split('\r\n');
  expect(frame).toHaveLength(24);
  expect(frame[0]?.startsWith('\x1b[H\x1b[KUptime')).toBe(true);
  expect(frame[23]).toBe('\x1b[J… 181 more topics, all live');
  expect(second).toBe(first);
  expect(leave?.startsWith('\x1b[?25h\x1b[?1049lUptime')).toBe(true);
  expect(leave?.endsWith('… 181 more topics, all live\n')).toBe(true);
});
