// Promises about the hint for a mistyped name.

import { expect, test } from 'vitest';
import { nearestName } from '../../src/shared/nearest.js';

const NAMES = ['buffer_size', 'buffer_bytes', 'topic', 'topics', 'fsync'];

test.each([
  ['bufer_size', 'buffer_size'],
  ['bufferBytes', 'buffer_bytes'],
  ['TOPICS', 'topics'],
  ['topc', 'topic'],
  ['sync', 'fsync'],
  ['topic', 'topic'],
])('the name nearest to %s is %s', (word, name) => {
  expect(nearestName(word, NAMES)).toBe(name);
});

test.each(['', 'x', 'colour', 'buffer_size_of_the_topic'])('no name is near %j', (word) => {
  expect(nearestName(word, NAMES)).toBeNull();
});

test('a word of a megabyte is answered at once', () => {
  const started_ms = performance.now();
  expect(nearestName('x'.repeat(2 ** 20), NAMES)).toBeNull();
  expect(performance.now() - started_ms).toBeLessThan(50);
});
