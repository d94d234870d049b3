// The comparison at the demo's end: it must see every message that is missing, changed or out of order, and
// must not be misled by what an earlier run left in the same files.

import { appendFile, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { findBeginnings, readCaptured } from '../../src/demo/captured.js';
import { differenceOf, SentLog } from '../../src/demo/sent.js';
import { testFolder } from '../testing/folder.js';

const TOPIC = 'tickers.SOLUSDT';
const HOUR_S = 1_767_322_800;
const fileOf = (folder: string, hour = 0) => join(folder, `${TOPIC}_${HOUR_S + hour * 3600}.jsonl`);

function sentLog(messages: readonly (string | Buffer)[]): SentLog {
  const sent = new SentLog();
  for (const message of messages) sent.add(TOPIC, message);
  return sent;
}

/** How a file with these lines, written in a run that sent these messages, is judged. */
async function judge(sent: readonly string[], lines: readonly string[]): Promise<string | null> {
  const folder = await testFolder();
  const beginnings = await findBeginnings(folder, TOPIC);
  await writeFile(fileOf(folder), lines.map((line) => `${line}\n`).join(''));
  return differenceOf(TOPIC, sentLog(sent).of(TOPIC), await readCaptured(folder, TOPIC, beginnings));
}

test('files that hold what was sent, in its order, are equal', async () => {
  expect(await judge(['{"a":1}', 'pong', '{"b":"漢"}'], ['{"a":1}', 'pong', '{"b":"漢"}'])).toBeNull();
  expect(await judge([], [])).toBeNull();
});

test('a missing message is counted', async () => {
  expect(await judge(['a', 'b', 'c'], ['a', 'c'])).toBe(
    'tickers.SOLUSDT: of 3 messages that the feed sent, 1 are not in the files.',
  );
});

test('a message too many is counted', async () => {
  expect(await judge(['a', 'b'], ['a', 'b', 'b'])).toBe(
    'tickers.SOLUSDT: the files hold 1 messages more than the 2 that the feed sent.',
  );
});

test('a changed byte and a changed order are seen', async () => {
  const sentence =
    'tickers.SOLUSDT: the files hold 2 messages, as many as the feed sent, but not the same ones.';
  expect(await judge(['a', 'b'], ['a', 'x'])).toBe(sentence);
  expect(await judge(['a', 'b'], ['b', 'a'])).toBe(sentence);
});

test('a last line that is torn is not taken for a message', async () => {
  const folder = await testFolder();
  await writeFile(fileOf(folder), 'a\nb');
  const captured = await readCaptured(folder, TOPIC, new Map());
  expect(captured.messages).toBe(1);
  expect(differenceOf(TOPIC, sentLog(['a', 'b']).of(TOPIC), captured)).toMatch(/of 2 .* 1 are not/);
});

test('what an earlier run left in the same hour does not count, nor does the torn line that will be removed', async () => {
  const folder = await testFolder();
  await writeFile(fileOf(folder), 'old\nolder\n{"torn":');
  const beginnings = await findBeginnings(folder, TOPIC);
  // As the capture does when it starts.
  await writeFile(fileOf(folder), 'old\nolder\n');
  await appendFile(fileOf(folder), 'new\n');
  const captured = await readCaptured(folder, TOPIC, beginnings);
  expect(captured).toMatchObject({ messages: 1, bytes: 4, files: [fileOf(folder)] });
  expect(differenceOf(TOPIC, sentLog(['new']).of(TOPIC), captured)).toBeNull();
});

test('a line torn far from its beginning is found', async () => {
  const folder = await testFolder();
  await writeFile(fileOf(folder), `old\n${'x'.repeat(200_000)}`);
  expect((await findBeginnings(folder, TOPIC)).get(fileOf(folder))).toBe(4);
  await writeFile(fileOf(folder), 'x'.repeat(200_000));
  expect((await findBeginnings(folder, TOPIC)).get(fileOf(folder))).toBe(0);
});

test('a run over the end of an hour is read in the order of the hours', async () => {
  const folder = await testFolder();
  await writeFile(fileOf(folder, -1), 'long ago\n');
  const beginnings = await findBeginnings(folder, TOPIC);
  await writeFile(fileOf(folder, 1), 'b\n');
  await writeFile(fileOf(folder, 0), 'a\n');
  const captured = await readCaptured(folder, TOPIC, beginnings);
  expect(captured.files).toEqual([fileOf(folder, 0), fileOf(folder, 1)]);
  expect(differenceOf(TOPIC, sentLog(['a', 'b']).of(TOPIC), captured)).toBeNull();
});

test('files of other topics and ledgers do not count', async () => {
  const folder = await testFolder();
  await writeFile(join(folder, `${TOPIC}2_${HOUR_S}.jsonl`), 'x\n');
  await writeFile(join(folder, `${TOPIC}_x_${HOUR_S}.jsonl`), 'x\n');
  await writeFile(join(folder, `${TOPIC}.ledger`), 'x\n');
  expect(await readCaptured(folder, TOPIC, new Map())).toMatchObject({ messages: 0, files: [] });
});

test('a folder that does not exist holds nothing, one that cannot be read is a clear mistake', async () => {
  const folder = await testFolder();
  expect(await findBeginnings(join(folder, 'none'), TOPIC)).toEqual(new Map());
  await writeFile(join(folder, 'file'), '');
  await expect(findBeginnings(join(folder, 'file'), TOPIC)).rejects.toThrow(/file cannot be read: /);
});

test('any lines sent and written are equal, and with any one taken away they are not', async () => {
  const line = fc
    .string({ unit: 'binary' })
    .map((text) => Buffer.from(text).toString().replaceAll('\n', ' '));
  await fc.assert(
    fc.asyncProperty(fc.array(line, { minLength: 1, maxLength: 20 }), fc.nat(), async (lines, pick) => {
      expect(await judge(lines, lines)).toBeNull();
      expect(await judge(lines, lines.toSpliced(pick % lines.length, 1))).not.toBeNull();
    }),
    { numRuns: 30 },
  );
});

test('text and bytes are counted and hashed alike', async () => {
  const texts = ['{"é":1}', 'pong'];
  const as_bytes = sentLog(texts.map((text) => Buffer.from(text))).of(TOPIC);
  expect(sentLog(texts).of(TOPIC)).toEqual(as_bytes);
  const folder = await testFolder();
  await writeFile(fileOf(folder), `${texts.join('\n')}\n`);
  expect((await readFile(fileOf(folder))).length).toBe(as_bytes.bytes);
});
