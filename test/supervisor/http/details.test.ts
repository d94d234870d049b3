import { execFile } from 'node:child_process';
import { appendFile, mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { LedgerCoverage } from '../../../src/supervisor/http/coverage.js';
import { Details } from '../../../src/supervisor/http/details.js';
import { TopicLog } from '../../../src/supervisor/http/topic-log.js';
import {
  type Files,
  fileOf,
  folderOf,
  gap,
  HOUR_MS,
  HOUR_S,
  ledgerText,
  linesOf,
  live,
  lost,
  START_MS,
  START_S,
  seal,
  wholeFiles,
} from '../../verify/output.js';

async function detailsOf(files: Files, name = 't') {
  const output_dir = await folderOf(files);
  let now_ms = START_MS + 4 * HOUR_MS;
  const now = () => now_ms;
  const coverage = new LedgerCoverage({ output_dir, now, isWritten: () => true });
  const log = new TopicLog();
  const details = new Details({ output_dir, coverage, log, now });
  return {
    output_dir,
    log,
    of: () => details.of(name),
    pass: (ms: number) => {
      now_ms += ms;
    },
  };
}

test('the files are told newest first, with the count of their seals; one that grew since is not sealed', async () => {
  const files = wholeFiles();
  const { of } = await detailsOf({
    ...files,
    [fileOf(2)]: `${linesOf(2)}{"n":6}\n`,
    [`${fileOf(3)}.gz`]: 'packed, by somebody',
    't.ledger': `${files['t.ledger']}${ledgerText([seal(fileOf(3), linesOf(3, 7))])}`,
    // Of others, or nobody's.
    [fileOf(2, 't_1')]: linesOf(1),
    't_now.jsonl': linesOf(1),
    't_1.jsonl.bak': linesOf(1),
  });
  const { files: told, file_count } = await of();
  const bytes = (hour: number) => linesOf(hour).length;
  const hour_ms = (hour: number) => START_MS + hour * HOUR_MS;
  expect(told).toEqual([
    { file: `${fileOf(3)}.gz`, hour_ms: hour_ms(3), bytes: 19, messages: 7 },
    { file: fileOf(2), hour_ms: hour_ms(2), bytes: bytes(2) + 8, messages: null },
    { file: fileOf(1), hour_ms: hour_ms(1), bytes: bytes(1), messages: 5 },
    { file: fileOf(0), hour_ms: hour_ms(0), bytes: bytes(0), messages: 5 },
  ]);
  expect(file_count).toBe(4);
});

test('a file that is sealed anew has the count of its last seal', async () => {
  const again = linesOf(0, 9);
  const records = [live(START_MS), seal(fileOf(0), linesOf(0)), seal(fileOf(0), again)];
  const { of } = await detailsOf({ [fileOf(0)]: again, 't.ledger': ledgerText(records) });
  expect((await of()).files).toMatchObject([{ messages: 9 }]);
});

test('of many files and gaps the newest are told, and how many there are', async () => {
  const hours = Array.from({ length: 130 }, (_, hour) => hour - 130);
  const gaps = hours.map((hour) => gap(START_MS + hour * HOUR_MS, START_MS + hour * HOUR_MS + 1));
  const records = [live(START_MS - 200 * HOUR_MS), ...gaps, lost(START_MS)];
  const files = Object.fromEntries(hours.map((hour) => [fileOf(hour), '']));
  const { of } = await detailsOf({ ...files, 't.ledger': ledgerText(records) });
  const details = await of();
  expect(details).toMatchObject({ name: 't', file_count: 130, gap_count: 131, last_message: null });
  expect(details.files).toHaveLength(100);
  expect(details.files[0]?.file).toBe(fileOf(-1));
  expect(details.gaps).toHaveLength(100);
  expect(details.gaps.slice(0, 2)).toEqual([
    { from_ms: START_MS, to_ms: null, reason: 'disconnected' },
    { from_ms: START_MS - HOUR_MS, to_ms: START_MS - HOUR_MS + 1, reason: 'disconnected' },
  ]);
});

test("an hour's new file is there at once, and one that was packed or removed is soon gone", async () => {
  const { of, output_dir, pass } = await detailsOf({ [fileOf(3)]: linesOf(3), [fileOf(2)]: linesOf(2) });
  expect((await of()).files.map(({ file }) => file)).toEqual([fileOf(3), fileOf(2)]);
  await writeFile(join(output_dir, fileOf(4)), linesOf(4));
  await rename(join(output_dir, fileOf(2)), join(output_dir, `${fileOf(2)}.gz`));
  expect(await of()).toMatchObject({ files: [{ file: fileOf(4) }, { file: fileOf(3) }], file_count: 2 });
  pass(60_000);
  const names = (await of()).files.map(({ file }) => file);
  expect(names).toEqual([fileOf(4), fileOf(3), `${fileOf(2)}.gz`]);
});

test('the last message is the last whole line of what is written, however the file ends', async () => {
  const { of, output_dir } = await detailsOf({
    [fileOf(2)]: linesOf(2),
    [fileOf(3)]: '',
    't.ledger': ledgerText([live(START_MS)]),
  });
  // The hour's file is open, and nothing is written to it yet.
  const before = '{"topic":"t","hour":2,"n":4}';
  expect((await of()).last_message).toEqual({ text: before, bytes: before.length });
  await appendFile(join(output_dir, fileOf(3)), 'pong\n{"torn":');
  expect((await of()).last_message).toEqual({ text: 'pong', bytes: 4 });
  await appendFile(join(output_dir, fileOf(3)), `"${'x'.repeat(100_000)}"}\n`);
  const { last_message } = await of();
  expect(last_message?.bytes).toBe(100_011);
  expect(last_message?.text).toHaveLength(64 * 1024);
});

test('a topic of which nothing is there yet has nothing, also under a name with strange characters', async () => {
  const nothing = { gaps: [], gap_count: 0, files: [], file_count: 0, last_message: null, log: [] };
  const none = await detailsOf({});
  expect(await none.of()).toEqual({ name: 't', at_ms: START_MS + 4 * HOUR_MS, ...nothing });
  const name = '../%/ü';
  const strange = await detailsOf({ [`%2E.%2F%25%2F%C3%BC_${START_S + HOUR_S}.jsonl`]: '1\n' }, name);
  expect(await strange.of()).toMatchObject({ name, file_count: 1, last_message: { text: '1', bytes: 1 } });
});

test('folders and pipes of such names are no files of the topic, and nobody waits for them', async () => {
  const { of, output_dir } = await detailsOf({ [fileOf(0)]: linesOf(0), [fileOf(3)]: '' });
  await mkdir(join(output_dir, fileOf(1)));
  await promisify(execFile)('mkfifo', [join(output_dir, fileOf(2))]);
  const { files, file_count, last_message } = await of();
  expect(files.map(({ file }) => file)).toEqual([fileOf(3), fileOf(0)]);
  expect({ file_count, last_message }).toMatchObject({ file_count: 2, last_message: { bytes: 28 } });
});

test('a ledger and a mark that are pipes are told in words, and end', async () => {
  const { of, output_dir } = await detailsOf({});
  for (const name of ['t.mark', 't.ledger']) await promisify(execFile)('mkfifo', [join(output_dir, name)]);
  await expect(of()).rejects.toThrow(/t\.ledger is no regular file$/);
});

test('where the output folder is gone there is nothing', async () => {
  const { of, output_dir } = await detailsOf({ [fileOf(3)]: linesOf(3) });
  await rm(output_dir, { recursive: true });
  expect(await of()).toMatchObject({ files: [], file_count: 0, last_message: null });
});

test('the log lines of the topic are those that were noted', async () => {
  const { of, log } = await detailsOf({});
  const line = { at_ms: 1, level: 'warn', message: 'about t' } as const;
  log.note(['t', 'u'], line);
  log.note(['u'], { ...line, message: 'about u' });
  expect((await of()).log).toEqual([line]);
});
