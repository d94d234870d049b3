// Text made fit for a terminal.

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { printable } from '../../src/shared/printable.js';
import { cutEnd, cutMiddle, pad, textWidth, wrap } from '../../src/status-cli/text.js';

const unsafe = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/u;
const anyText = fc.string({ unit: 'binary' }).map(printable);
const anyWidth = fc.integer({ min: 0, max: 40 });

test('control, format and bidirectional characters are written out, the rest stays', () => {
  expect(printable('a\x1b[31m\u009b\u202e\u2028\ud800\u{e0001}é漢')).toBe(
    'a\\u001b[31m\\u009b\\u202e\\u2028\\ud800\\u{e0001}é漢',
  );
});

test('no text keeps a character that could steer a terminal', () => {
  const hostile = fc
    .array(fc.constantFrom('\x1b[2J', '\x9b', '\r', '\n', '\x07', '\u202e', 'a'))
    .map((a) => a.join(''));
  fc.assert(
    fc.property(fc.oneof(fc.string({ unit: 'binary' }), hostile), (text) => !unsafe.test(printable(text))),
  );
});

test('wide characters take two columns, combining marks none', () => {
  expect(textWidth('abc')).toBe(3);
  expect(textWidth('漢字')).toBe(4);
  expect(textWidth('e\u0301')).toBe(1);
  expect(textWidth('🚀')).toBe(2);
  expect(textWidth('é')).toBe(1);
});

test('a text that is cut takes no more columns than it may, and one that fits stays', () => {
  fc.assert(
    fc.property(anyText, anyWidth, (text, width) => {
      for (const cut of [cutEnd, cutMiddle]) {
        const short = cut(text, width);
        expect(textWidth(short)).toBeLessThanOrEqual(width);
        if (textWidth(text) <= width) expect(short).toBe(text);
      }
    }),
  );
});

test('a cut in the middle keeps both ends', () => {
  expect(cutMiddle('orderbook.50.BTCUSDT', 11)).toBe('order…CUSDT');
  expect(cutMiddle('orderbook.50.BTCUSDT', 1)).toBe('…');
  expect(cutEnd('orderbook', 5)).toBe('orde…');
});

test('wide characters are padded by the columns they take', () => {
  expect(pad('漢', 4, 'left')).toBe('漢  ');
  expect(pad('7', 3, 'right')).toBe('  7');
});

test('a long sentence is broken at blanks, and cut after the last line it may have', () => {
  expect(wrap('the server refused it', 11, 3)).toEqual(['the server', 'refused it']);
  expect(wrap('abcdefghij', 4, 3)).toEqual(['abcd', 'efgh', 'ij']);
  expect(wrap('one two three four', 5, 2)).toEqual(['one', 'two …']);
});

test('no line of a wrapped text is wider than it may be, and there are no more than asked for', () => {
  fc.assert(
    fc.property(anyText, anyWidth, fc.integer({ min: 1, max: 5 }), (text, width, lines_max) => {
      const lines = wrap(text, width, lines_max);
      expect(lines.length).toBeLessThanOrEqual(lines_max);
      for (const line of lines) expect(textWidth(line)).toBeLessThanOrEqual(width);
    }),
  );
});
