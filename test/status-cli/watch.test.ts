// `--watch`: round after round, through the end of a supervisor and the start of the next.

import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { expect, test } from 'vitest';
import { runStatus } from '../../src/status-cli/run.js';
import { textWidth } from '../../src/status-cli/text.js';
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

test('a terminal that only prints is no window: it gets the blocks, and nothing that would steer it', async () => {
  const { path } = await documentServer(LIVE);
  const terminal = new FakeTerminal();
  terminal.columns_rows = { columns: 80, rows: 24 };
  terminal.env.TERM = 'dumb';
  expect(await watchFor(2, ['--socket', path, '--watch', '0.1'], terminal)).toBe(0);
  expect(terminal.text).toMatch(/^Uptime: 12m34s .*\n\nUptime: /s);
  expect(terminal.text).not.toContain('\x1b');
});

test('rounds are as far apart as asked', async () => {
  const asked_ms: number[] = [];
  const { path } = await statusServer((socket) => {
    asked_ms.push(performance.now());
    socket.end(JSON.stringify(LIVE));
  });
  const started_ms = performance.now();
  await watchFor(3, ['--socket', path, '--watch=0.2'], new FakeTerminal());
  expect(asked_ms).toHaveLength(3);
  // Behind a question that was accepted late the next one seems early: only the beginning is a fixed point.
  for (const [i, ms] of asked_ms.entries()) expect(ms - started_ms).toBeGreaterThan(i * 190);
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
    } else if (text.startsWith('Not running since 1s')) server = await documentServer(LIVE, path);
    else if (text.startsWith('Uptime') && terminal.written.length > 1) terminal.stop();
  };
  expect(await runStatus(['--socket', path, '--watch', '0.2'], terminal)).toBe(0);
  expect(terminal.written[1]).toMatch(
    /^Not running since 0s\.\nNo streamer is running: .* socket .*s\.sock\. /,
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

test('on a terminal it redraws in place within the window, and what was seen last stays when it ends', async () => {
  const topics = Array.from({ length: 200 }, (_, i) => topicStatus(`t${i}`));
  const { path } = await documentServer(statusDocument(topics));
  const terminal = new FakeTerminal();
  terminal.columns_rows = { columns: 80, rows: 24 };
  terminal.env.NO_COLOR = '1';
  expect(await watchFor(3, ['--socket', path, '--watch', '0.1'], terminal)).toBe(0);
  const [first, second, , last] = terminal.written;
  const frame = (first ?? '').split('\r\n');
  expect(frame).toHaveLength(24);
  expect(frame[0]?.startsWith('\x1b[H\x1b[KUptime')).toBe(true);
  expect(frame[23]).toBe('\x1b[J… 181 more topics, all live');
  expect(second).toBe(first);
  expect(last).toMatch(/^Uptime.*\n… 181 more topics, all live\n$/s);
  expect(terminal.window).toBeNull();
});

/** What stands on the screen after a frame that was written in place. */
const screenOf = (text: string | undefined) => stripVTControlCharacters(text ?? '').split('\r\n');
const namesOn = (screen: readonly string[]) =>
  screen.flatMap((line) => /^(t\d+) +live/.exec(line)?.slice(1) ?? []);

/** A terminal with keys, in which 100 topics are watched and asked for once a minute; and the end of the command. */
async function watched(documents: object = statusDocument(manyTopics(100))) {
  const { path } = await documentServer(documents);
  const terminal = new FakeTerminal();
  terminal.columns_rows = { columns: 80, rows: 24 };
  terminal.has_keys = true;
  const ended = runStatus(['--socket', path, '--watch', '60'], terminal);
  await expect.poll(() => terminal.written.length).toBe(1);
  const screenAfter = async (...keys: string[]) => {
    terminal.written = [];
    terminal.press(...keys);
    await expect.poll(() => terminal.written.length).toBeGreaterThan(0);
    return screenOf(terminal.written.at(-1));
  };
  return { terminal, ended, screenAfter };
}

const manyTopics = (count: number) =>
  Array.from({ length: count }, (_, i) => topicStatus(`t${String(i).padStart(3, '0')}`, { rate_per_min: i }));

test('a key is obeyed at once and not at the next look, and q quits with the status of the last answer', async () => {
  const { terminal, ended, screenAfter } = await watched();
  const first = screenOf(terminal.written[0]);
  expect(first).toHaveLength(24);
  expect(namesOn(first)[0]).toBe('t000');
  expect(first[23]).toBe('q quit, ? keys, / filter | sort: worst');
  const by_rate = await screenAfter('r');
  expect(namesOn(by_rate)[0]).toBe('t099');
  expect(by_rate[23]).toBe('q quit, ? keys, / filter | sort: rate');
  expect(namesOn(await screenAfter('r'))[0]).toBe('t000');
  terminal.press('q');
  expect(await ended).toBe(0);
  expect(terminal.window).toBeNull();
});

test('topics that do not fit are scrolled to, by one, by a page, to the end and back, and not beyond', async () => {
  const { terminal, ended, screenAfter } = await watched();
  const page = namesOn(screenOf(terminal.written[0])).length;
  expect(page).toBe(18);
  expect(namesOn(await screenAfter('down'))[0]).toBe('t001');
  const second = await screenAfter('home', 'page_down');
  expect(namesOn(second)[0]).toBe('t018');
  expect(second[22]).toBe('… 18 above, 64 more topics, all live');
  const end = await screenAfter('end', 'down', 'page_down');
  expect(namesOn(end).at(-1)).toBe('t099');
  expect(namesOn(end)).toHaveLength(page);
  expect(end[22]).toBe('… 82 above');
  expect(namesOn(await screenAfter('up'))[0]).toBe('t081');
  expect(namesOn(await screenAfter('page_up'))[0]).toBe('t063');
  expect(namesOn(await screenAfter('home', 'up'))[0]).toBe('t000');
  terminal.press('interrupt');
  expect(await ended).toBe(0);
});

test('a filter is typed: letters are text, Enter keeps it, Esc shows all again', async () => {
  const { terminal, ended, screenAfter } = await watched();
  expect((await screenAfter('/'))[23]).toBe('filter: _  Enter keeps, Esc clears');
  // Letters that would be commands.
  expect((await screenAfter('q', 'r'))[4]).toBe('No topic has "qr" in its name.');
  const typed = await screenAfter('backspace', 'backspace', 'T', '0', '4');
  expect(namesOn(typed)).toEqual(Array.from({ length: 10 }, (_, i) => `t04${i}`));
  expect(typed[1]).toMatch(/^100 of 100 topics live, 10 listed \|/);
  expect(typed[23]).toBe('filter: T04_  Enter keeps, Esc clears');
  const kept = await screenAfter('enter', 'n', 'n');
  expect(namesOn(kept)[0]).toBe('t049');
  expect(kept[23]).toBe('q quit, ? keys, / filter | sort: name, the other way round | filter: T04');
  expect(namesOn(await screenAfter('escape'))[0]).toBe('t099');
  terminal.press('q');
  await ended;
});

test('? tells all keys below the topics and takes them away again', async () => {
  const { terminal, ended, screenAfter } = await watched();
  const text = (await screenAfter('?')).slice(-5).join(' ');
  for (const words of ['w worst', 'l last message', 'PgUp', 'Esc clears', 'q quit'])
    expect(text).toContain(words);
  expect((await screenAfter('?'))[23]).toBe('q quit, ? keys, / filter | sort: worst');
  terminal.press('q');
  await ended;
});

test('another size of the window is drawn at once, in all of it', async () => {
  const { terminal, ended } = await watched();
  terminal.written = [];
  terminal.columns_rows = { columns: 30, rows: 9 };
  terminal.window?.redraw();
  const screen = screenOf(terminal.written[0]);
  expect(screen).toHaveLength(9);
  for (const line of screen) expect(textWidth(line)).toBeLessThanOrEqual(30);
  terminal.press('q');
  await ended;
});

test('while nobody answers a window counts the seconds, whatever the pace, and q still quits', async () => {
  const path = join(await testFolder(), 'none.sock');
  const terminal = new FakeTerminal();
  terminal.columns_rows = { columns: 80, rows: 24 };
  terminal.has_keys = true;
  terminal.on_write = (text) => {
    if (/Not running since [2-9]s\./.test(text)) terminal.press('q');
  };
  expect(await runStatus(['--socket', path, '--watch', '3600'], terminal)).toBe(2);
  expect(screenOf(terminal.written[0])[23]).toMatch(/^q quit/);
});

test('the rates that were seen stand beside the rate where the terminal takes UTF-8', async () => {
  let messages = 0;
  const { path } = await statusServer((socket) => {
    messages += 100;
    socket.end(JSON.stringify(statusDocument([topicStatus('t000', { messages })])));
  });
  /** The screen in which `holds` holds for the first time. */
  const screenWhen = async (env: Record<string, string>, holds: (screen: readonly string[]) => boolean) => {
    const terminal = new FakeTerminal();
    terminal.columns_rows = { columns: 80, rows: 24 };
    Object.assign(terminal.env, env);
    const screens: string[][] = [];
    terminal.on_write = (text) => {
      screens.push(screenOf(text));
      if (holds(screenOf(text))) terminal.stop();
    };
    await runStatus(['--socket', path, '--watch', '0.1'], terminal);
    return screens.at(-2)?.slice(3, 5).join('\n') ?? '';
  };
  const utf8 = { LANG: 'en_GB.UTF-8' };
  const shown = await screenWhen(utf8, (screen) => screen[4]?.includes('█') === true);
  expect(shown).toMatch(/ RATE\/MIN +TREND .*\n.* 79\.6 +█ /);
  const without = await screenWhen({ ...utf8, LC_ALL: 'C' }, () => true);
  expect(without).toMatch(/ RATE\/MIN +LAST /);
});

test('with --json a document that came in several lines is written on one, and means the same', async () => {
  const { path } = await statusServer((socket) => socket.end(`${JSON.stringify(HALF, null, 2)}\r\n`));
  const terminal = new FakeTerminal();
  await watchFor(1, ['--json', '--socket', path, '--watch', '0.1'], terminal);
  expect(terminal.text.split('\n')).toHaveLength(2);
  expect(JSON.parse(terminal.text)).toEqual(HALF);
});
