// The command: its flags, where it asks, and what it prints and returns.

import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ExitError } from '../../src/shared/errors.js';
import { VERSION } from '../../src/shared/version.js';
import { runStatus } from '../../src/status-cli/run.js';
import { testFolder } from '../testing/folder.js';
import { statusDocument, topicStatus } from './documents.js';
import { documentServer, FakeTerminal, statusServer } from './status-server.js';

/** The exit status and the sentences of a command that ends with a complaint. */
async function complaint(argv: readonly string[], terminal = new FakeTerminal()): Promise<[number, string]> {
  try {
    return [await runStatus(argv, terminal), terminal.text];
  } catch (error) {
    if (!(error instanceof ExitError)) throw error;
    return [error.exit_code, error.sentences.join('\n')];
  }
}

const LIVE = statusDocument([topicStatus('publicTrade.BTCUSDT')]);
const HALF = statusDocument([topicStatus('a'), topicStatus('b', { state: 'connecting' })]);

test('with all topics live the table is printed and the exit status is 0', async () => {
  const { path } = await documentServer(LIVE);
  const terminal = new FakeTerminal();
  expect(await runStatus(['--socket', path], terminal)).toBe(0);
  const lines = terminal.text.split('\n');
  expect(lines[0]).toBe('Uptime: 12m34s | Total Msgs: 152340 | Rate: 7260.12 msg/min');
  expect(lines[4]).toMatch(/^publicTrade\.BTCUSDT {2}live /);
  expect(terminal.text.endsWith('\n')).toBe(true);
});

test('with a topic that is not live the exit status is 1', async () => {
  const { path } = await documentServer(HALF);
  expect(await runStatus(['--socket', path], new FakeTerminal())).toBe(1);
});

test('without an instance the exit status is 2 and the sentence names the socket', async () => {
  const path = join(await testFolder(), 'none.sock');
  const [status, sentence] = await complaint(['--socket', path]);
  expect(status).toBe(2);
  expect(sentence).toMatch(`there is no status socket ${path}. Start it with "streamer"`);
});

test('--json prints the document as it came, to the byte, ended by one newline', async () => {
  const spaced = ` ${JSON.stringify(LIVE).replace('"pid":4711', '"pid" : 4711,"\\u0070lus":1.50')}`;
  for (const end of ['', '\n']) {
    const { path } = await statusServer((socket) => socket.end(`${spaced}${end}`));
    const terminal = new FakeTerminal();
    expect(await runStatus(['--socket', path, '--json'], terminal)).toBe(0);
    expect(terminal.text).toBe(`${spaced}\n`);
  }
});

test('--json tells the same by its exit status', async () => {
  const { path } = await documentServer(HALF);
  expect(await runStatus(['--json', '--socket', path], new FakeTerminal())).toBe(1);
});

test('the socket is that of the configuration, relative to the working directory', async () => {
  const folder = await testFolder();
  await documentServer(LIVE, join(folder, 's.sock'));
  await writeFile(join(folder, 'my.json'), '{"status_socket":"s.sock"}');
  const terminal = new FakeTerminal();
  terminal.cwd = folder;
  expect(await runStatus(['--config', 'my.json'], terminal)).toBe(0);
  terminal.env.STREAMER_STATUS_SOCKET = join(folder, 'other.sock');
  expect((await complaint(['-config', 'my.json'], terminal))[1]).toMatch(`${join(folder, 'other.sock')}`);
});

test('a folder without a configuration is mentioned when nothing answers', async () => {
  const terminal = new FakeTerminal();
  terminal.cwd = await testFolder();
  terminal.env.STREAMER_STATUS_SOCKET = 'none.sock';
  const [status, sentences] = await complaint([], terminal);
  expect(status).toBe(2);
  expect(sentences).toMatch(new RegExp(`none\\.sock.*\\nThere is no config\\.json in ${terminal.cwd}`));
});

test('a --config that does not exist is a mistake of configuration', async () => {
  const terminal = new FakeTerminal();
  terminal.cwd = await testFolder();
  const [status, sentence] = await complaint(['--config', 'nowhere.json'], terminal);
  expect(status).toBe(78);
  expect(sentence).toMatch('nowhere.json');
});

test('with --socket no configuration is read, however wrong', async () => {
  const folder = await testFolder();
  const { path } = await documentServer(LIVE, join(folder, 's.sock'));
  await writeFile(join(folder, 'config.json'), '{');
  const terminal = new FakeTerminal();
  terminal.cwd = folder;
  terminal.env.STREAMER_BUFFER_SIZE = 'none';
  expect(await runStatus([`--socket=${path}`], terminal)).toBe(0);
  expect((await complaint([], terminal))[0]).toBe(78);
});

test.each([
  [['--config', 'a', '--socket', 'b'], '--config and --socket both say where to ask: give one of them.'],
  [['now'], 'streamer-status takes flags only: what is "now"? See --help.'],
  [['--jsn'], 'There is no flag --jsn. Did you mean --json?'],
  [['--socket'], '--socket needs a value: write --socket=VALUE.'],
  [['--watch=0.05'], '--watch takes the seconds between two looks, from 0.1 to 86400, not "0.05".'],
  [['--watch', '0'], '--watch takes the seconds between two looks, from 0.1 to 86400, not "0".'],
  [['--watch=soon'], '--watch takes the seconds between two looks, from 0.1 to 86400, not "soon".'],
  [['--watch', '1000000'], '--watch takes the seconds between two looks, from 0.1 to 86400, not "1000000".'],
])('%j is refused in one sentence with exit status 64', async (argv, sentence) => {
  expect(await complaint(argv)).toEqual([64, sentence]);
});

test('all mistakes of a command line are told together', async () => {
  const [status, sentences] = await complaint(['x', '--config=a', '--socket=b', '--watch=0']);
  expect(status).toBe(64);
  expect(sentences.split('\n')).toHaveLength(3);
});

test('--help and --version ask nobody', async () => {
  const [help_status, help] = await complaint(['--help', '--config', 'nowhere.json']);
  expect(help_status).toBe(0);
  for (const flag of ['--config', '--socket', '--json', '--watch', 'Exit status'])
    expect(help).toContain(flag);
  const [version_status, version] = await complaint(['--version']);
  expect([version_status, version]).toEqual([0, `websocket-streamer ${VERSION}\n`]);
});

test('colours are there on a terminal, and not where NO_COLOR is set, nor in a pipe or a terminal without any', async () => {
  const { path } = await documentServer(LIVE);
  const terminal = new FakeTerminal();
  const printed = async () => {
    terminal.written = [];
    await runStatus(['--socket', path], terminal);
    return terminal.text;
  };
  expect(await printed()).not.toContain('\x1b');
  terminal.columns_rows = { columns: 100, rows: 24 };
  expect(await printed()).toContain('\x1b[32mlive');
  terminal.env.NO_COLOR = '';
  expect(await printed()).toContain('\x1b[32mlive');
  terminal.env.NO_COLOR = '1';
  expect(await printed()).not.toContain('\x1b');
  terminal.env.NO_COLOR = '';
  terminal.env.TERM = 'dumb';
  expect(await printed()).not.toContain('\x1b');
});

test('a terminal gets every topic, also where they do not fit its height', async () => {
  const topics = Array.from({ length: 60 }, (_, i) => topicStatus(`t${i}`));
  const { path } = await documentServer(statusDocument(topics));
  const terminal = new FakeTerminal();
  terminal.columns_rows = { columns: 80, rows: 24 };
  await runStatus(['--socket', path], terminal);
  expect(terminal.text.split('\n')).toHaveLength(4 + 60 + 1);
});

test('--sort and --filter choose what is printed, and not the exit status', async () => {
  const { path } = await documentServer(HALF);
  const terminal = new FakeTerminal();
  expect(await runStatus(['--socket', path, '--sort', 'name', '--filter=A'], terminal)).toBe(1);
  const lines = terminal.text.trimEnd().split('\n');
  expect(lines[1]).toMatch(/^1 of 2 topics live, 1 connecting, 1 listed \|/);
  expect(lines.slice(4).map((line) => line.split(' ')[0])).toEqual(['a']);
  terminal.written = [];
  await runStatus(['--socket', path, '--filter=nothing'], terminal);
  expect(terminal.text.trimEnd().split('\n')[4]).toBe('No topic has "nothing" in its name.');
});

test('an order that is none, and one for a document that is printed as it came, are told', async () => {
  expect(await complaint(['--sort', 'size'])).toEqual([
    64,
    '--sort takes one of worst, name, rate, last, gaps, buffered, not "size".',
  ]);
  expect(await complaint(['--json', '--filter', 'x'])).toEqual([
    64,
    '--json prints the document as it came: leave out --sort and --filter.',
  ]);
});
