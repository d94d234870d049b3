// Promises about `streamer protocols`: what it prints, and how it is asked.

import { afterEach, expect, test, vi } from 'vitest';
import { drawPresets, runProtocols } from '../../src/protocols-cli/main.js';
import { ExitError } from '../../src/shared/errors.js';
import type { Preset } from '../../src/shared/protocol.js';
import { PRESET_NAMES, PRESETS } from '../../src/shared/protocols/index.js';

afterEach(() => vi.restoreAllMocks());

async function run(...argv: string[]): Promise<{ status: number; out: string }> {
  let out = '';
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    out += text;
    return true;
  });
  return { status: await runProtocols(argv), out };
}

test('each preset is a line with its hosts, topic form, example, heartbeat, packing and proof', async () => {
  const { status, out } = await run();
  const [titles = '', ...lines] = out.trimEnd().split('\n');
  expect(status).toBe(0);
  expect(titles.split(/ {2,}/)).toEqual([
    'NAME',
    'HOSTS',
    'TOPIC',
    'EXAMPLE',
    'HEARTBEAT',
    'BINARY',
    'LIMITS',
    'CONFIRMED BY',
  ]);
  expect(lines.map((line) => line.split(' ')[0])).toEqual(PRESET_NAMES);
  const row = (name: string) => lines.find((line) => line.startsWith(`${name} `))?.split(/ {2,}/);
  expect(row('htx')).toEqual([
    'htx',
    'huobi.pro',
    '{topic}',
    'market.btcusdt.trade.detail',
    'ping frames, answers',
    'gzip',
    '-',
    'recording',
  ]);
  expect(row('kraken')?.at(-1)).toBe('documentation');
  expect(row('binance-usdm')?.at(-1)).toBe('recording of data');
  expect(row('none')?.slice(1)).toEqual(['-', '{topic}', 'any name', 'ping frames', 'text', '-', '-']);
  expect(row('bybit')?.[6]).toBe('batch 10, connects 500/5min');
  expect(row('binance')?.[6]).toBe('batch 100, topics 1024, connects 300/5min, sends 5/s');
  expect(row('okx')?.[6]).toBe('batch 30, connects 3/s, sends 480/h');
  expect(row('coinbase-exchange')?.[6]).toBe('batch 10, host sends 8/s');
  expect(row('bybit')?.[4]).toBe('{"op":"ping"}');
});

test('--json is the same as data', async () => {
  const { status, out } = await run('--json');
  expect(status).toBe(0);
  const presets: Preset[] = JSON.parse(out);
  expect(presets).toEqual(PRESETS);
  expect(drawPresets(presets)).toBe(drawPresets(PRESETS));
});

test('--help and --version', async () => {
  expect((await run('--version')).out).toMatch(/^websocket-streamer \d/);
  const { out } = await run('--help');
  for (const word of ['--json', 'TOPIC', 'CONFIRMED']) expect(out).toContain(word);
  for (const line of out.split('\n')) expect(line.length).toBeLessThanOrEqual(120);
});

test.each([
  [['--jsn'], 'There is no flag --jsn. Did you mean --json?'],
  [['okx'], 'protocols takes flags only: what is "okx"? See --help.'],
])('bad usage is one sentence: %j', async (argv, sentence) => {
  const error = await runProtocols(argv).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(ExitError);
  expect(error).toMatchObject({ exit_code: 64, sentences: [sentence] });
});
