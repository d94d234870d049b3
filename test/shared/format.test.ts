// Promises about numbers as people read them.

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { formatBytes, formatDuration, formatStatusLine } from '../../src/shared/format.js';

test.each([
  [-1, '0s'],
  [0, '0s'],
  [999, '0s'],
  [59_999, '59s'],
  [60_000, '1m0s'],
  [754_000, '12m34s'],
  [3_599_999, '59m59s'],
  [3_723_000, '1h2m3s'],
  [90_000_000, '25h0m0s'],
])('%i ms is %s', (ms, text) => {
  expect(formatDuration(ms)).toBe(text);
});

test.each([
  [0, '0 B'],
  [1023, '1023 B'],
  [1024, '1.0 KiB'],
  [1536, '1.5 KiB'],
  [1_048_575, '1.0 MiB'],
  [1_468_006, '1.4 MiB'],
  [2 ** 40, '1.0 TiB'],
  [2 ** 60, '1048576.0 TiB'],
])('%i bytes are %s', (bytes, text) => {
  expect(formatBytes(bytes)).toBe(text);
});

test('no size is shown as 1024 of a unit where there is a larger one', () => {
  fc.assert(
    fc.property(fc.nat(2 ** 49), fc.nat(2 ** 10), (bytes, near) => {
      expect(Number.parseFloat(formatBytes(bytes))).toBeLessThan(1024);
      expect(Number.parseFloat(formatBytes(2 ** 30 - near))).toBeLessThan(1024);
    }),
  );
});

test('the status line has the form of the original', () => {
  expect(formatStatusLine(754_000, 152_340, 7260.119)).toBe(
    'Uptime: 12m34s | Total Msgs: 152340 | Rate: 7260.12 msg/min',
  );
});
