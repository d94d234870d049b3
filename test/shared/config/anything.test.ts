// The promise over all configurations: whatever JSON stands for whatever keys, it loads, or it is refused with
// status 78 and sentences of one line each; nothing else is ever thrown.

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { KEYS } from '../../../src/shared/config/keys.js';
import { EXIT_CONFIG, ExitError } from '../../../src/shared/errors.js';
import { load } from './loading.js';

const keys = fc.constantFrom(...Object.keys(KEYS));

/** JSON that is now and then nearly right: known keys and known words at every depth. */
const { value } = fc.letrec((tie) => ({
  value: fc.oneof({ maxDepth: 4 }, tie('leaf'), tie('list'), tie('object')),
  leaf: fc.oneof(
    fc.jsonValue({ maxDepth: 2 }),
    fc.double(),
    fc.constantFrom(
      'a',
      'none',
      'bybit',
      'pause',
      'text',
      'ws://h',
      'http://h',
      '{topic}',
      0,
      1,
      60,
      5000,
      true,
    ),
  ),
  list: fc.array(tie('value'), { maxLength: 4 }),
  object: fc.dictionary(
    fc.oneof(
      keys,
      fc.constantFrom(
        'subscribe',
        'ping',
        'binary',
        'confirm',
        'pong',
        'when',
        'words',
        '__proto__',
        'a.b',
        '',
      ),
      fc.string({ unit: 'binary' }),
    ),
    tie('value'),
    { maxKeys: 4 },
  ),
}));

/** True where it loads. */
function loadsOrIsRefused(values: unknown, env: NodeJS.ProcessEnv = {}): boolean {
  try {
    expect(load(values, env).settings.topics.length).toBeGreaterThan(0);
    return true;
  } catch (error) {
    if (!(error instanceof ExitError)) throw error;
    expect(error.exit_code).toBe(EXIT_CONFIG);
    expect(error.sentences.length).toBeGreaterThan(0);
    for (const sentence of error.sentences) expect(sentence).toMatch(/^[^\p{Cc}]{10,}[.?]$/u);
    return false;
  }
}

test('any JSON for any one key either loads or is refused in sentences', () => {
  const outcomes = new Set<boolean>();
  fc.assert(
    fc.property(fc.oneof(keys, fc.string()), value, (key, given) => {
      outcomes.add(loadsOrIsRefused({ [key]: given }));
    }),
    { numRuns: 1500 },
  );
  expect(outcomes.size).toBe(2);
});

test('any JSON for several keys, and for those of one topic, is refused in sentences if it does not load', () => {
  const several = fc.dictionary(keys, value, { maxKeys: 5 });
  fc.assert(
    fc.property(several, several, (top, topic) => {
      loadsOrIsRefused({ ...top, topics: ['x', { topic: 'a', ...topic }] });
    }),
    { numRuns: 500 },
  );
});

test('any text in any variable either loads or is refused in sentences', () => {
  const outcomes = new Set<boolean>();
  const texts = fc.oneof(
    fc.string({ unit: 'binary' }),
    value.map((given) => JSON.stringify(given)),
  );
  fc.assert(
    fc.property(keys, texts, (key, text) => {
      outcomes.add(loadsOrIsRefused({}, { [`STREAMER_${key.toUpperCase()}`]: text }));
    }),
    { numRuns: 500 },
  );
  expect(outcomes.size).toBe(2);
});
