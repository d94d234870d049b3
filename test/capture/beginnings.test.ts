// Promises about the tree of beginnings: it finds what a loop over all of them finds, and is much cheaper.

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Beginnings } from '../../src/capture/beginnings.js';

type Given = readonly Uint8Array[];

const treeOf = (beginnings: Given) => new Beginnings(beginnings.map((bytes, value) => ({ bytes, value })));

/** The first of the longest beginnings that fit. */
function naive(beginnings: Given, message: Uint8Array): number {
  let found = -1;
  for (const [i, bytes] of beginnings.entries()) {
    const fits = bytes.length > 0 && Buffer.compare(bytes, message.subarray(0, bytes.length)) === 0;
    if (fits && (found === -1 || bytes.length > (beginnings[found] as Uint8Array).length)) found = i;
  }
  return found;
}

/** Few different bytes, so that beginnings have much in common and are beginnings of one another. */
const bytes = (max: number) =>
  fc.array(fc.constantFrom(0, 0x61, 0x62, 0xff), { maxLength: max }).map((list) => Uint8Array.from(list));

test('it finds what a loop over all beginnings finds, wherever the message lies', () => {
  fc.assert(
    fc.property(
      fc.array(bytes(6), { maxLength: 30 }),
      fc.array(bytes(9), { minLength: 1 }),
      bytes(3),
      (all, messages, before) => {
        const tree = treeOf(all);
        for (const message of messages) {
          // What follows the end must not be read as if it belonged to the message.
          const around = Buffer.concat([before, message, Buffer.from('aab')]);
          const found = tree.find(around, before.length, before.length + message.length);
          expect(found).toBe(naive(all, message));
        }
      },
    ),
    { numRuns: 2_000 },
  );
});

test('no beginnings, and an empty one, fit nothing', () => {
  expect(treeOf([]).find(Buffer.from('a'), 0, 1)).toBe(-1);
  expect(treeOf([new Uint8Array()]).find(Buffer.from('a'), 0, 1)).toBe(-1);
});

test('a thousand beginnings cost a message little more than fifty', () => {
  const cost = (count: number): number => {
    const all = Array.from({ length: count }, (_, i) => Buffer.from(`{"topic":"orderbook.200.COIN${i}USDT"`));
    const tree = treeOf(all);
    const messages = all.map((begin) => Buffer.concat([begin, Buffer.from(',"type":"delta","data":{}}')]));
    let found = 0;
    const rounds = 200_000 / count;
    const run = () => {
      for (let i = 0; i < rounds; i += 1) {
        for (const message of messages) found += tree.find(message, 0, message.length) === -1 ? 0 : 1;
      }
    };
    run();
    const from = performance.now();
    run();
    const us = ((performance.now() - from) * 1000) / (rounds * count);
    expect(found).toBe(2 * rounds * count);
    return us;
  };
  const costs = { 50: cost(50), 1000: cost(1000) };
  // A loop over a thousand takes 20 µs; the bound leaves room for a machine that is busy.
  expect(costs[1000]).toBeLessThan(2);
});
