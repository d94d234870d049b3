// Promises about telling a connection's topics apart: no message of the recordings goes to a wrong one, most of them
// by their beginning alone, and forms that are in no recording are understood as the exchanges document them.

import { describe, expect, test } from 'vitest';
import { Router } from '../../src/capture/router.js';
import { classify } from '../../src/shared/protocol-speech.js';
import { resolveProtocol } from '../../src/shared/protocols/index.js';
import { marksOf } from '../../src/shared/topic-names.js';
import { with_recordings } from '../testing/recorded.js';
import { messagesOf, RECORDED, topicsOf } from '../testing/recorded-topics.js';

const presetOf = (name: string) => resolveProtocol(name, 'ws://x');

/** How many in a hundred of the topics' data are told by their beginning. */
const BEGUN_PERCENT: Readonly<Record<string, number>> = {
  'bybit-v5-linear-2026': 100,
  'binance-usdm-btcusdt-2024': 100,
  'okx-v5-2022': 100,
  // Tickers and matches have a number before the product.
  'coinbase-exchange-2021': 98,
  'deribit-2021': 100,
  // Trades, quotes and the first of each table have something before the symbol.
  'bitmex-2021': 91,
  'htx-gzip-2021': 100,
  'bitfinex-2021': 100,
};

describe.runIf(with_recordings)('on one connection', () => {
  test.each(RECORDED)('each message of $file is of its topic, and most need no second look', (recorded) => {
    const protocol = presetOf(recorded.preset);
    const topics = topicsOf(recorded);
    expect(topics.length).toBeGreaterThan(2);
    const router = new Router(protocol, topics);
    const data = { all: 0, begun: 0 };
    for (const { line, topic } of messagesOf(recorded)) {
      const bytes = Buffer.from(`x${line}x`);
      const begun = router.begin(bytes, 1, bytes.length - 1);
      if (begun !== -1) expect(topics[begun], line).toBe(topic);
      const found = router.find(Buffer.from(line));
      expect(found === -1 ? null : topics[found], line).toBe(topic);
      if (topic === null || classify(protocol, line).means !== 'other') continue;
      data.all += 1;
      if (begun !== -1) data.begun += 1;
    }
    expect(Math.round((data.begun / data.all) * 100)).toBe(BEGUN_PERCENT[recorded.file]);
  });

  test.each(RECORDED)('the topics of $file have no mark in common', (recorded) => {
    const topics = topicsOf(recorded);
    const marks = topics.map((topic) => marksOf(presetOf(recorded.preset), topic));
    expect(marks.every((of_one) => of_one.length > 0)).toBe(true);
    expect(new Set(marks.flat()).size).toBe(marks.flat().length);
  });
});
