// Promises about the forms in which topics are written, and their parts.

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { PRESETS } from '../../src/shared/protocols/index.js';
import { partNames, readTopic } from '../../src/shared/topic-form.js';

test.each([
  ['{topic}', 'a:b', { topic: 'a:b' }],
  ['{a}:{b}', 'x:y:z', { a: 'x', b: 'y:z' }],
  ['{a}[:{b}[:{c}]]', 'x', { a: 'x' }],
  ['{a}[:{b}[:{c}]]', 'x:y', { a: 'x', b: 'y' }],
  ['{a}[:{b}[:{c}]]', 'x:y:z', { a: 'x', b: 'y', c: 'z' }],
  ['{c}:{s}[/{p}/{f}]', 'book:tA:B/P0/F0', { c: 'book', s: 'tA:B', p: 'P0', f: 'F0' }],
  ['{c}:{s}[/{p}/{f}]', 'book:tA:B', { c: 'book', s: 'tA:B' }],
  ['a.b({c})', 'a.b(é)', { c: 'é' }],
])('%s takes %s apart', (form, topic, parts) => {
  expect(readTopic(form, topic)).toEqual({
    ...Object.fromEntries((partNames(form) ?? []).map((n) => [n, undefined])),
    ...parts,
  });
});

test.each([
  ['{a}:{b}', 'x'],
  ['{a}:{b}', 'x:'],
  ['{a}:{b}', ':y'],
  ['a.{b}', 'axb'],
  ['{a}[:{b}]', ''],
])('%s does not fit %s', (form, topic) => {
  expect(readTopic(form, topic)).toBeNull();
});

test('what is no form has no parts', () => {
  for (const form of ['', 'x', '{a', '{a}[', '{a}]', '{a}{a}', '{id}', '{a}{n}', '{time}', '{1}', '{a-b}']) {
    expect(partNames(form), form).toBeNull();
  }
  expect(partNames('{a}[:{b}]')).toEqual(['a', 'b']);
});

test('any text is read by a form of its kind, and its parts make it up again', () => {
  fc.assert(
    fc.property(fc.string({ minLength: 1 }), fc.string({ minLength: 1 }), (a, b) => {
      const parts = readTopic('{a}:{b}', `${a}:${b}`);
      expect(`${parts?.a}:${parts?.b}`).toBe(`${a}:${b}`);
    }),
  );
});

test("each preset's example has its form", () => {
  for (const { topic, example } of PRESETS) expect(readTopic(topic, example), example).not.toBeNull();
});
