// `streamer demo` as users run it: the built program, its real processes, and nothing of them left afterwards.

import { type ChildProcess, spawn } from 'node:child_process';
import { mkdir, readdir, readFile, realpath, stat, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { expect, test } from 'vitest';
import { encodeName } from '../../src/shared/names.js';
import { readHourFiles, testFolder } from '../testing/folder.js';

const PROGRAM = resolve('dist/cli.js');

interface Run {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

interface Running {
  readonly child: ChildProcess;
  readonly ended: Promise<Run>;
  /** Resolves when stdout holds the text. */
  printed(text: string): Promise<void>;
  /** Stdout so far. */
  shown(): string;
}

/** Starts the demo in a folder of its own, with the folder for temporary files inside it. */
function startDemo(folder: string, argv: readonly string[]): Running {
  const child = spawn(process.execPath, [PROGRAM, 'demo', ...argv], {
    cwd: folder,
    env: { ...process.env, TMPDIR: join(folder, 'tmp'), STREAMER_BUFFER_SIZE: 'not for the demo' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  const ended = new Promise<Run>((resolve) => {
    child.once('close', (status) => resolve({ status, stdout, stderr }));
  });
  const printed = async (text: string) => {
    await expect.poll(() => stdout, { timeout: 25_000, interval: 20 }).toContain(text);
  };
  return { child, ended, printed, shown: () => stdout };
}

async function demoFolder(): Promise<string> {
  const folder = await realpath(await testFolder());
  await mkdir(join(folder, 'tmp'));
  return folder;
}

/** Processes whose command line or open files name the folder. */
async function processesOf(folder: string): Promise<string[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid);
  const lines = await Promise.all(
    pids.map(async (pid) => {
      const command = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
      const env = await readFile(`/proc/${pid}/environ`, 'utf8').catch(() => '');
      return command.includes(folder) || env.includes(folder) ? command.replaceAll('\0', ' ') : '';
    }),
  );
  return lines.filter((line) => line !== '');
}

async function expectNothingLeft(folder: string): Promise<void> {
  expect(await readdir(join(folder, 'tmp'))).toEqual([]);
  if (process.platform === 'linux') expect(await processesOf(folder)).toEqual([]);
}

/** The table's numbers of each topic: messages sent and captured, and whether they are equal. */
function table(stdout: string): (readonly [string, number, number, string])[] {
  const rows = [...stdout.matchAll(/^(\S+) +\d+ +(\d+) +(\d+) +\S+ \S+ +(yes|no)$/gm)];
  return rows.map(([, topic = '', sent, captured, equal = '']) => [
    topic,
    Number(sent),
    Number(captured),
    equal,
  ]);
}

test('it captures all that its feed sends, twice in the same hour, and leaves nothing but files', async () => {
  const folder = await demoFolder();
  let lines_before = 0;
  for (const round of [1, 2]) {
    const { status, stdout, stderr } = await startDemo(folder, ['--seconds', '3', '--output-dir', 'out/demo'])
      .ended;
    expect({ round, status, stderr }).toEqual({ round, status: 0, stderr: '' });
    const rows = table(stdout);
    expect(rows.map(([topic]) => topic)).toEqual([
      ...['publicTrade.BTCUSDT', 'orderbook.50.ETHUSDT', 'tickers.SOLUSDT'],
    ]);
    for (const [, sent, captured, equal] of rows) {
      // The acknowledgement and some of the market's life.
      expect(sent).toBeGreaterThan(2);
      expect([captured, equal]).toEqual([sent, 'yes']);
    }
    const total = rows.reduce((sum, [, sent]) => sum + sent, 0);
    expect(stdout).toContain(`All ${total} messages that the feed sent are in the files.`);
    const files = Object.values(await readHourFiles(join(folder, 'out/demo')));
    const lines = files.join('').split('\n').length - 1;
    expect(lines).toBe(lines_before + total);
    lines_before = lines;
    await expectNothingLeft(folder);
  }
  expect(await readFile(join(folder, 'out/demo.log'), 'utf8')).toContain('publicTrade.BTCUSDT');
});

test('while it runs, its dashboard answers in a browser where it says', async () => {
  const folder = await demoFolder();
  const { child, ended, printed, shown } = startDemo(folder, ['--output-dir', 'out']);
  await printed('topics live');
  const url = /http:\/\/127\.0\.0\.1:\d+\//.exec(shown())?.[0] ?? 'none was told';
  const page = await fetch(url);
  expect(await page.text()).toContain('<html');
  child.kill('SIGINT');
  expect((await ended).status).toBe(0);
});

test.each([
  ['okx', 'trades:BTC-USDT', '{"arg":{"channel":"trades","instId":"BTC-USDT"}', 1],
  ['htx', 'market.btcusdt.trade.detail', '{"ch":"market.btcusdt.trade.detail"', 1],
  ['bitfinex', 'trades:tBTCUSD', '[10101,', 1],
  ['none', 'btc-prices', '{"feed":"btc-prices"', 3],
])('it captures all of %s', async (exchange, topic, begins, connections) => {
  const folder = await demoFolder();
  const argv = ['--exchange', exchange, '--seconds', '2', '--output-dir', 'out'];
  const { status, stdout, stderr } = await startDemo(folder, argv).ended;
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  const rows = table(stdout);
  expect(rows[0]?.[0]).toBe(topic);
  for (const [name, sent, captured, equal] of rows) {
    if (name !== '_control') expect(sent).toBeGreaterThan(2);
    expect([name, captured, equal]).toEqual([name, sent, 'yes']);
  }
  const total = rows.reduce((sum, [, sent]) => sum + sent, 0);
  expect(stdout).toContain(`All ${total} messages that the feed sent are in the files.`);
  const files = await readHourFiles(join(folder, 'out'));
  const [, lines = ''] = Object.entries(files).find(([name]) => name.startsWith(encodeName(topic))) ?? [];
  expect(lines.split('\n').filter((line) => line.startsWith(begins)).length).toBeGreaterThan(2);
  const log = await readFile(join(folder, 'out.log'), 'utf8');
  expect(log.match(/Connected,/g)).toHaveLength(connections);
  await expectNothingLeft(folder);
});

test.each(['SIGINT', 'SIGTERM'] as const)(
  'without --seconds it runs until %s, and then compares',
  async (signal) => {
    const folder = await demoFolder();
    const demo = startDemo(folder, []);
    await demo.printed('3 of 3 topics live');
    demo.child.kill(signal);
    // Impatience makes it no less graceful.
    demo.child.kill(signal);
    const { status, stdout } = await demo.ended;
    expect(stdout).toMatch(/All \d+ messages that the feed sent are in the files\./);
    expect(status).toBe(0);
    expect(await readdir(join(folder, 'output'))).toContain('demo');
    await expectNothingLeft(folder);
  },
);

test('a message that is not in the files makes it exit 1 and name the topic', async () => {
  const folder = await demoFolder();
  const demo = startDemo(folder, ['--seconds', '3', '--output-dir', 'out']);
  await demo.printed('3 of 3 topics live');
  let path = '';
  await expect
    .poll(async () => {
      const name = (await readdir(join(folder, 'out'))).find((file) => /^tickers\..*\.jsonl$/.test(file));
      path = join(folder, 'out', name ?? '');
      return name === undefined ? 0 : (await stat(path)).size;
    })
    .toBeGreaterThan(0);
  // The capture appends, so what is overwritten here stays so.
  await writeFile(path, 'X', { flag: 'r+' });
  const { status, stdout } = await demo.ended;
  expect(status).toBe(1);
  expect(stdout).toMatch(/^tickers\.SOLUSDT: the files hold \d+ messages, .* but not the same ones\.$/m);
  expect(table(stdout).map(([, , , equal]) => equal)).toEqual(['yes', 'yes', 'no']);
  await expectNothingLeft(folder);
});

test('a supervisor that cannot start is quoted, and its exit status passed on', async () => {
  const folder = await demoFolder();
  await mkdir(join(folder, 'out'));
  await mkdir(join(folder, 'out.log'));
  const { status, stderr } = await startDemo(folder, ['--seconds', '3', '--output-dir', 'out']).ended;
  expect(status).toBe(73);
  expect(stderr).toContain('out.log');
  await expectNothingLeft(folder);
});

test('a second demo on the same folder is told so, and the first goes on', async () => {
  const folder = await demoFolder();
  const first = startDemo(folder, ['--output-dir', 'out']);
  await first.printed('3 of 3 topics live');
  const second = await startDemo(folder, ['--output-dir', 'out']).ended;
  expect(second.status).toBe(75);
  expect(second.stderr).not.toBe('');
  first.child.kill('SIGINT');
  expect((await first.ended).status).toBe(0);
  await expectNothingLeft(folder);
});

test('a reader of its output that goes away ends it in good order', async () => {
  const folder = await demoFolder();
  const demo = startDemo(folder, ['--output-dir', 'out']);
  await demo.printed('3 of 3 topics live');
  demo.child.stdout?.destroy();
  expect(await demo.ended).toMatchObject({ status: 0, stderr: '' });
  expect(await readFile(join(folder, 'out.log'), 'utf8')).toMatch(/SIGTERM/);
  await expectNothingLeft(folder);
});

test('--help and --version print and touch nothing', async () => {
  const folder = await demoFolder();
  const help = await startDemo(folder, ['--help']).ended;
  const version = await startDemo(folder, ['--version']).ended;
  expect([help.status, version.status]).toEqual([0, 0]);
  for (const flag of ['--exchange', '--seconds', '--output-dir', '--help', '--version'])
    expect(help.stdout).toContain(flag);
  expect(version.stdout).toMatch(/^websocket-streamer \d+\.\d+\.\d+\n$/);
  expect(await readdir(folder)).toEqual(['tmp']);
});

test.each([
  [['--seconds', '0'], '--seconds is a number above 0, not "0".'],
  [['--seconds=soon'], '--seconds is a number above 0, not "soon".'],
  [['now'], 'streamer demo takes flags only: what is "now"? See --help.'],
  [['--exchange', 'okex'], '--exchange "okex" is not known. Did you mean okx?'],
  [['--exchange='], '--exchange needs a value: write --exchange=VALUE.'],
  [['--second', '3'], 'There is no flag --second. Did you mean --seconds?'],
])('%j is bad usage', async (argv, sentence) => {
  const folder = await demoFolder();
  const { status, stderr } = await startDemo(folder, argv).ended;
  expect(status).toBe(64);
  expect(stderr.split('\n')[0]).toBe(`streamer: ${sentence}`);
  await expectNothingLeft(folder);
});

test('a folder that cannot be made is said in a sentence', async () => {
  const folder = await demoFolder();
  await writeFile(join(folder, 'file'), '');
  const { status, stderr } = await startDemo(folder, ['--output-dir', 'file']).ended;
  expect(status).toBe(73);
  expect(stderr).toMatch(/^streamer: Nothing can be created in .*\/file: .*\.\n$/);
  await expectNothingLeft(folder);
});
