// What each client is sent out of which files, and in what order.

import { appendFile, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { planStreams } from '../../src/replay/plan.js';
import { testFolder } from '../testing/folder.js';
import { asFile, feedOfFiles, filesOf, line, lines, subscriberOf } from './feed-client.js';

const HOUR_S = 1_767_322_800;

test('every client is sent the lines of its topics, in their order, and then a Close', async () => {
  const texts = [1, 2, 3, 4, 5, 6].flatMap((n) => [line('a', n), line('b', n), line('c', n)]);
  const feed = await feedOfFiles(await filesOf({ 'mixed.jsonl': asFile(texts) }));
  const one = await subscriberOf(feed, 'a', 'c');
  const other = await subscriberOf(feed, 'b');
  expect(await one.closed).toEqual({ code: 1000, reason: 'end of the data' });
  expect((await other.closed).code).toBe(1000);
  expect(one.texts).toEqual(texts.filter((text) => !text.includes('"b"')));
  expect(other.texts).toEqual(texts.filter((text) => text.includes('"b"')));
});

test('a line goes out byte for byte, whatever it holds', async () => {
  const odd = [
    '{"topic":"a", "x" : 1.0, "y":1E-7, "z":12345678901234567890}',
    '{"y":"漢字 \\u00e9 \\n","topic":"a"}',
    `{"topic":"a","pad":"${'x'.repeat(300_000)}"}`,
    '{"topic":"a"}\r',
    '  {"topic":"a"}  ',
    '{"topic":"a", no JSON at all',
  ].map((text) => Buffer.from(text));
  const wrong_utf8 = Buffer.concat([Buffer.from('{"topic":"a"'), Buffer.from([0xff, 0xfe, 0x7d])]);
  const bytes = [...odd, wrong_utf8];
  const content = Buffer.concat(bytes.flatMap((text) => [text, Buffer.from('\n')]));
  const client = await subscriberOf(await feedOfFiles(await filesOf({ 'odd.jsonl': content })), 'a');
  await client.closed;
  expect(client.messages).toEqual(bytes);
  // A text frame may not hold what is no UTF-8.
  expect(client.binary).toEqual([...odd.map(() => false), true]);
});

test('lines without a topic are passed over and counted, empty ones are nothing', async () => {
  const texts = [line('a', 1), '', 'pong', '{"success":true,"op":"subscribe"}', '\n', line('a', 2)];
  const feed = await feedOfFiles(await filesOf({ 'acks.jsonl': asFile(texts) }));
  const client = await subscriberOf(feed, 'a');
  await client.closed;
  expect(client.texts).toEqual([line('a', 1), line('a', 2)]);
  await expect.poll(() => feed.ended).toMatchObject([{ messages: 2, topics: ['a'], skipped: 2 }]);
});

test('a file whose lines have no topics goes whole to every client that subscribes', async () => {
  const texts = ['[1,"hb"]', '{"ch":"market.btcusdt","ts":1630541000000}', '{"data":{"topic":"inner"}}'];
  const feed = await feedOfFiles(await filesOf({ 'others.jsonl': asFile(texts) }));
  const clients = [await subscriberOf(feed, 'x'), await subscriberOf(feed, 'y')];
  for (const client of clients) {
    await client.closed;
    expect(client.texts).toEqual(texts);
  }
});

test('files follow one another in the order given', async () => {
  const [second, first] = await filesOf({
    'a.jsonl': asFile(lines('t', 3)),
    'b.jsonl': asFile(lines('t', 3, 10)),
  });
  const client = await subscriberOf(await feedOfFiles([first ?? '', second ?? '']), 't');
  await client.closed;
  expect(client.texts).toEqual([...lines('t', 3, 10), ...lines('t', 3)]);
});

test("an output folder's files follow one another by their hours, and its topics are merged by time", async () => {
  const folder = await testFolder();
  const write = (name: string, hour: number, texts: readonly string[]) =>
    writeFile(join(folder, `${name}_${HOUR_S + hour * 3600}.jsonl`), asFile(texts));
  await write('a', 1, [line('a', 30), line('a', 50)]);
  await write('a', 0, [line('a', 10)]);
  await write('b', 0, [line('b', 5), line('b', 20), line('b', 40)]);
  await writeFile(join(folder, 'a.ledger'), '{"kind":"live"}\n');
  await writeFile(join(folder, 'a_17.jsonl'), asFile([line('a', 99)]));
  await mkdir(join(folder, 'older'));
  const client = await subscriberOf(await feedOfFiles([folder]), 'a', 'b');
  await client.closed;
  expect(client.texts).toEqual([
    ...[line('b', 5), line('a', 10), line('b', 20), line('a', 30), line('b', 40), line('a', 50)],
  ]);
});

test("each topic's own order is kept where its times go backwards", async () => {
  const back = [line('a', 1, HOUR_S * 1000 + 900), line('a', 2, HOUR_S * 1000 + 100), 'pong'];
  const paths = await filesOf({
    [`a_${HOUR_S}.jsonl`]: asFile(back),
    [`b_${HOUR_S}.jsonl`]: asFile(lines('b', 3)),
  });
  const client = await subscriberOf(await feedOfFiles(paths), 'a', 'b');
  await client.closed;
  expect(client.textsOf('a')).toEqual(back.slice(0, 2));
  expect(client.textsOf('b')).toEqual(lines('b', 3));
});

test('a packed file is unpacked, and the plain one wins where an hour is there in both forms', async () => {
  const paths = await filesOf({
    [`a_${HOUR_S + 3600}.jsonl.gz`]: 'half of what the plain one holds',
    [`a_${HOUR_S + 3600}.jsonl`]: asFile(lines('a', 5, 5000)),
    [`a_${HOUR_S}.jsonl.gz`]: asFile(lines('a', 5000)),
  });
  const client = await subscriberOf(await feedOfFiles(paths), 'a');
  await client.closed;
  expect(client.texts).toEqual(lines('a', 5005));
});

test('an unfinished last line is a message in a file of messages, and not yet one in an hour file', async () => {
  const content = `${line('a', 1)}\n${line('a', 2)}`;
  const [hour_file, other] = await filesOf({ [`a_${HOUR_S}.jsonl`]: content, 'a.jsonl': content });
  const feed = await feedOfFiles([hour_file ?? '']);
  const torn = await subscriberOf(feed, 'a');
  await torn.closed;
  expect(torn.texts).toEqual([line('a', 1)]);
  await expect.poll(() => feed.ended).toMatchObject([{ skipped: 1 }]);
  const whole = await subscriberOf(await feedOfFiles([other ?? '']), 'a');
  await whole.closed;
  expect(whole.texts).toEqual([line('a', 1), line('a', 2)]);
});

test('a file that breaks off in the middle ends the connection with 1011 and a sentence', async () => {
  const packed = gzipSync(asFile(lines('a', 20_000)));
  const [path = ''] = await filesOf({ 'a.jsonl': asFile(lines('a', 3)) });
  const folder = await testFolder();
  const broken = join(folder, 'b.jsonl.gz');
  await writeFile(broken, packed);
  const feed = await feedOfFiles([path, broken]);
  await writeFile(broken, packed.subarray(0, packed.length - 5000));
  const client = await subscriberOf(feed, 'a');
  expect(await client.closed).toEqual({ code: 1011, reason: 'the data cannot be read on' });
  expect(client.texts.slice(0, 4)).toEqual([...lines('a', 3), line('a', 0)]);
  expect(feed.problems).toEqual([`${broken} cannot be read on: unexpected end of file.`]);
});

test('a client whose topics are in no line is told so on stderr, and its connection ends', async () => {
  const feed = await feedOfFiles(await filesOf({ 'a.jsonl': asFile(lines('a', 3)) }));
  const client = await subscriberOf(feed, 'misspelt', 'b');
  expect((await client.closed).code).toBe(1000);
  expect(feed.problems).toEqual(['No line has a topic of client 1: misspelt, b.']);
});

test('every client reads the files anew, also what was appended since', async () => {
  const [path = ''] = await filesOf({ 'a.jsonl': asFile(lines('a', 2)) });
  const feed = await feedOfFiles([path]);
  const early = await subscriberOf(feed, 'a');
  await early.closed;
  await appendFile(path, asFile(lines('a', 2, 2)));
  const late = await subscriberOf(feed, 'a');
  await late.closed;
  expect([early.texts.length, late.texts]).toEqual([2, lines('a', 4)]);
});

test('the topics at the beginning of the files are known before anything is served', async () => {
  const paths = await filesOf({
    'a.jsonl': asFile([line('b', 1), 'pong', line('a', 1), line('b', 2)]),
    'c.jsonl': asFile([line('c', 1)]),
    'none.jsonl': asFile(['pong']),
    'empty.jsonl': '',
  });
  const { streams, topics } = await planStreams(paths);
  expect(topics).toEqual(['b', 'a', 'c']);
  expect(streams.flat().map(({ path, is_without_topics }) => [path, is_without_topics])).toEqual([
    [paths[0], false],
    [paths[1], false],
    [paths[2], true],
  ]);
});

test('each PATH that cannot be served is a sentence, and all of them are reported', async () => {
  const folder = await testFolder();
  await writeFile(join(folder, 'no.gz'), 'not packed at all');
  await writeFile(join(folder, 'empty'), '\n\n');
  const broken = planStreams([join(folder, 'none'), folder, join(folder, 'no.gz')]);
  await expect(broken).rejects.toMatchObject({
    exit_code: 64,
    sentences: [
      `${folder}/none does not exist: name a file of messages or an output folder.`,
      `${folder} cannot be served: the folder holds no file named NAME_START.jsonl.`,
      `${folder}/no.gz cannot be served: incorrect header check.`,
    ],
  });
  await expect(planStreams([join(folder, 'empty')])).rejects.toMatchObject({
    exit_code: 64,
    sentences: [`${folder}/empty: there is no line in it, so nothing to serve.`],
  });
});
