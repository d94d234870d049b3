import { expect, test } from 'vitest';
import { fileOf, ledgerText, live, START_MS, seal, stop, verify } from './output.js';

type Update = readonly [u: number, type?: string, topic?: string];

const book = ([u, type = 'delta', topic = 'orderbook.50.X']: Update): string =>
  `{"topic":"${topic}","type":"${type}","ts":1,"data":{"s":"X","b":[],"a":[],"u":${u},"seq":${u * 7}}}\n`;

async function holesIn(hours: readonly (readonly Update[])[], url?: string, with_sequences = true) {
  const files = Object.fromEntries(hours.map((updates, i) => [fileOf(i), updates.map(book).join('')]));
  const seals = Object.entries(files).map(([name, text]) => seal(name, text));
  const start = url === undefined ? live(START_MS) : { ...live(START_MS), url };
  const ledger = ledgerText([start as never, ...seals, stop(START_MS + 1000)]);
  const { holes } = await verify({ ...files, 't.ledger': ledger }, { with_sequences });
  return holes;
}

test('a count without holes has none, over files and snapshots', async () => {
  expect(
    await holesIn([
      [[5, 'snapshot'], [6], [7]],
      [[8], [1, 'snapshot'], [2]],
    ]),
  ).toEqual({ count: 0, first: [] });
});

test('what is passed over and what goes back is listed with file and line', async () => {
  const holes = await holesIn([
    [[5, 'snapshot'], [6], [9]],
    [[10], [10], [4]],
  ]);
  expect(holes?.count).toBe(3);
  expect(holes?.first).toMatchObject([
    { file: fileOf(0), line: 3, topic: 'orderbook.50.X', field: 'data.u', before: 6, found: 9 },
    { file: fileOf(1), line: 2, before: 10, found: 10 },
    { file: fileOf(1), line: 3, before: 10, found: 4 },
  ]);
});

test('each topic on the connection counts for itself, and topics without a declared count are passed over', async () => {
  const other = 'orderbook.50.Y';
  const trades = 'publicTrade.X';
  const updates: Update[] = [
    [5],
    [900, 'delta', other],
    [6],
    [3, 'delta', trades],
    [901, 'delta', other],
    [9, 'delta', trades],
  ];
  expect(await holesIn([updates])).toMatchObject({ count: 0 });
});

test('a great many holes are counted, and the first told', async () => {
  const holes = await holesIn([Array.from({ length: 251 }, (_, i) => [i * 2] as const)]);
  expect(holes?.count).toBe(250);
  expect(holes?.first).toHaveLength(100);
});

test('holes are looked for only where it is asked, and not where the URL is none', async () => {
  expect(await holesIn([[[5], [9]]], undefined, false)).toBeNull();
  expect(await holesIn([[[5], [9]]], 'not a url')).toBeNull();
});
