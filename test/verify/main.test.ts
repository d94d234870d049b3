import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { VERSION_LINE } from '../../src/shared/version.js';
import { runVerify } from '../../src/verify/main.js';
import {
  fileOf,
  folderOf,
  gap,
  ledgerText,
  linesOf,
  live,
  START_MS,
  START_S,
  seal,
  wholeFiles,
} from './output.js';

// The test's own process keeps its priority.
vi.mock('node:os', async (original) => ({ ...(await original<object>()), setPriority: () => {} }));

async function run(...argv: string[]): Promise<{ status: number; out: string }> {
  let out = '';
  const spy = vi.spyOn(process.stdout, 'write').mockImplementation(((text: string, done?: () => void) => {
    out += text;
    done?.();
    return true;
  }) as typeof process.stdout.write);
  onTestFinished(() => spy.mockRestore());
  const status = await runVerify(argv).finally(() => spy.mockRestore());
  return { status, out };
}

test('the exit status is 0 for whole, 1 for gaps, 2 for damage, and the last line says so', async () => {
  const whole = wholeFiles();
  const gaps = { ...whole, 't.ledger': `${whole['t.ledger']}${ledgerText([gap(START_MS, START_MS + 1)])}` };
  const damaged = { ...gaps, [fileOf(0)]: linesOf(1) };
  for (const [files, wanted, words] of [
    [whole, 0, 'Whole.'],
    [gaps, 1, 'Whole but for 1 declared gap.'],
    [damaged, 2, 'Damaged in 1 place; 1 declared gap besides.'],
  ] as const) {
    const { status, out } = await run(await folderOf(files));
    expect({ status, last: out.trimEnd().split('\n').at(-1) }).toEqual({ status: wanted, last: words });
  }
});

test('a hole in a sequence counts like a gap, where it is asked for', async () => {
  const text = [1, 2, 5].map((u) => `{"topic":"orderbook.1.X","data":{"u":${u}}}\n`).join('');
  const dir = await folderOf({
    [fileOf(0)]: text,
    't.ledger': ledgerText([
      live(START_MS),
      seal(fileOf(0), text),
      { at_ms: START_MS, kind: 'stop', until_ms: START_MS, reason: 'stopped' },
    ]),
  });
  expect((await run(dir)).status).toBe(0);
  const { status, out } = await run(dir, '--sequences');
  expect(status).toBe(1);
  expect(out).toContain('leaps from 2 to 5: 2 messages are missing');
  expect(out).toContain('Whole but for 0 declared gaps and 1 hole in sequences.');
});

test('--json prints the report as one line', async () => {
  const dir = await folderOf(wholeFiles());
  const { status, out } = await run('--json', dir);
  expect(status).toBe(0);
  expect(out.indexOf('\n')).toBe(out.length - 1);
  expect(JSON.parse(out)).toMatchObject({ dir, verdict: 'whole', topics: [{ topic: 't', messages: 15 }] });
});

test("without a folder it is the configuration's output_dir", async () => {
  const dir = await folderOf(wholeFiles());
  const config = join(dir, 'config.json');
  await writeFile(config, JSON.stringify({ output_dir: dir }));
  expect((await run('--config', config)).out).toContain('Whole.');
  await expect(runVerify(['--config', join(dir, 'none.json')])).rejects.toMatchObject({ exit_code: 78 });
});

test('--from and --to bound what is looked at', async () => {
  const dir = await folderOf(wholeFiles());
  const { out } = await run(dir, '--json', '--from', String(START_S), '--to=2026-01-01T01:00Z');
  expect(JSON.parse(out).topics).toMatchObject([{ files: 1, messages: 5 }]);
});

test('each mistake in the flags is told in a sentence', async () => {
  const mistakes = async (...argv: string[]) => (await runVerify(argv).catch((error) => error)).sentences;
  expect(await mistakes('a', 'b', '--config', 'c', '--from', 'soon', '--to', '1769860800000')).toEqual([
    'verify takes one folder: what is "b"? See --help.',
    'A folder and --config both say where to look: give one of them.',
    '--from is a time as ISO 8601 or Unix seconds, like 2026-01-31T12:00:00Z or 1769860800, not "soon".',
    '--to is a time as ISO 8601 or Unix seconds, like 2026-01-31T12:00:00Z or 1769860800, not "1769860800000".',
  ]);
  expect(await mistakes('a', '--from', '2', '--to', '1')).toEqual([
    '--from must be earlier than --to: no time lies between them.',
  ]);
  expect(await mistakes('--sequence')).toEqual(['There is no flag --sequence. Did you mean --sequences?']);
});

test('--help and --version print and do nothing else', async () => {
  expect(await run('--version', 'nowhere')).toEqual({ status: 0, out: `${VERSION_LINE}\n` });
  expect((await run('nowhere', '--help')).out).toMatch(/^Usage: streamer verify/);
});
