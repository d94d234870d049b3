// Promises about file names: every topic gets one, no two the same, and none that a shell or a disk trips over.

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { encodeName, hourFileName } from '../../src/shared/names.js';

/** Strings of whole characters; the configuration refuses the halves of surrogate pairs. */
const names = fc.oneof(
  fc.string({ unit: 'grapheme' }),
  fc.string({ unit: 'binary' }).filter((text) => !/\p{Cs}/u.test(text)),
  fc.string({ unit: fc.constantFrom('.', '%', '2', 'E', 'a', '/', '_', 'é') }),
);

test.each([
  ['publicTrade.BTCUSDT', 'publicTrade.BTCUSDT'],
  ['a-b_c+d=e@f,g', 'a-b_c+d=e@f,g'],
  ['btc/usdt', 'btc%2Fusdt'],
  ['..', '%2E.'],
  ['.hidden', '%2Ehidden'],
  ['100%', '100%25'],
  ['a b\n', 'a%20b%0A'],
  ['é', '%C3%A9'],
  ['market.btc~*', 'market.btc%7E%2A'],
])('%j is encoded as %s', (name, encoded) => {
  expect(encodeName(name)).toBe(encoded);
});

test('an encoded name holds only the allowed bytes and begins with no dot', () => {
  fc.assert(
    fc.property(names, (name) => {
      expect(encodeName(name)).toMatch(/^([A-Za-z0-9_\-+=@,%][A-Za-z0-9._\-+=@,%]*)?$/);
    }),
  );
});

test('two names have two encodings: each can be decoded', () => {
  fc.assert(
    fc.property(names, (name) => {
      expect(decodeURIComponent(encodeName(name))).toBe(name);
    }),
    { numRuns: 500 },
  );
});

test('an hour file is named by its topic and the start of its hour', () => {
  expect(hourFileName('a%2Fb', 1_700_002_800)).toBe('a%2Fb_1700002800.jsonl');
});
