// Promises about the configuration file as a whole: whether it must exist, how it is read, and how a file that
// is no JSON object is refused, in the same words on every version of Node.

import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseJson } from '../../../src/shared/config/json.js';
import { loadSettings } from '../../../src/shared/config/load.js';
import { folder, loadText, onlyTopic, refusal, refused } from './loading.js';

const loadFrom = (config_path: string | null, cwd = folder) => loadSettings({ config_path, env: {}, cwd });

test('the default file may be missing: the defaults hold and the log is told', () => {
  const cwd = mkdtempSync(join(folder, 'empty-'));
  const { settings, notes } = loadFrom(null, cwd);
  expect(settings.topics).toHaveLength(1);
  expect(notes).toEqual([`There is no config.json in ${cwd}: the defaults hold`]);
});

test('a file that is named must exist', () => {
  expect(refusal(() => loadFrom('other.json'))).toEqual([
    'other.json does not exist: make it, or name another file with --config.',
  ]);
  expect(refusal(() => loadFrom('config.json', join(folder, 'nowhere')))).toHaveLength(1);
});

test('a named file is read, and named in the sentences as the user wrote it', () => {
  mkdirSync(join(folder, 'sub'));
  writeFileSync(join(folder, 'sub/my.json'), '{"topic": "a"}');
  expect(loadFrom('sub/my.json').settings.topics[0]?.topic).toBe('a');
  expect(loadFrom('my.json', join(folder, 'sub')).notes).toEqual([]);
  writeFileSync(join(folder, 'sub/my.json'), '{"topic": 1}');
  expect(refusal(() => loadFrom('./sub/my.json'))).toEqual([
    './sub/my.json: topic must be text, and not empty, not 1.',
  ]);
});

test('a directory is refused', () => {
  expect(refusal(() => loadFrom('.'))).toEqual(['. is a directory: name the file in it with --config.']);
  const cwd = mkdtempSync(join(folder, 'dir-'));
  mkdirSync(join(cwd, 'config.json'));
  expect(refusal(() => loadFrom(null, cwd))[0]).toMatch(/^config\.json is a directory/);
});

test.skipIf(process.getuid?.() === 0)(
  'an unreadable file is refused (skipped for root, who reads all)',
  () => {
    writeFileSync(join(folder, 'secret.json'), '{}');
    chmodSync(join(folder, 'secret.json'), 0);
    expect(refusal(() => loadFrom('secret.json'))).toEqual([
      'secret.json cannot be read: give this user the right to read it.',
    ]);
  },
);

test('a path through a file is refused', () => {
  writeFileSync(join(folder, 'plain'), '');
  expect(refusal(() => loadFrom('plain/config.json'))[0]).toMatch(
    /^plain\/config\.json cannot be read: ENOTDIR/,
  );
  rmSync(join(folder, 'plain'));
});

test('a byte order mark is accepted', () => {
  expect(onlyTopic(loadText('\ufeff{"topic": "é"}')).topic).toBe('é');
});

test('a file that is no UTF-8 is refused, not misread', () => {
  const latin1 = Buffer.from('{"topic": "\u00e9"}', 'latin1');
  expect(refusal(() => loadText(latin1))).toEqual([
    'config.json is not UTF-8 text: save it in that encoding.',
  ]);
});

test.each([
  ['[]', 'an empty list'],
  ['[1]', 'a list'],
  ['"a"', '"a"'],
  ['5', '5'],
  ['null', 'null'],
  ['true', 'true'],
])('JSON that is no object is refused: %s', (text, what) => {
  expect(refusal(() => loadText(text))).toEqual([`config.json must hold one JSON object, not ${what}.`]);
});

const BROKEN: readonly [text: string, place: string, problem: string][] = [
  ['', 'line 1, column 1', 'expected a value, but the text ends'],
  ['{', 'line 1, column 2', 'expected a key in double quotes, but the text ends'],
  [
    '{\n  "a": 1,\n}',
    'line 3, column 1',
    'expected a key in double quotes, found "}": remove the comma before it',
  ],
  ['{"a": [1, ]}', 'line 1, column 11', 'expected a value, found "]": remove the comma before it'],
  ['{"a": 1\n "b": 2}', 'line 2, column 2', 'expected a comma or "}", found "\\""'],
  ['{"a" 1}', 'line 1, column 6', 'expected a colon after the key, found "1"'],
  ['{a: 1}', 'line 1, column 2', 'expected a key in double quotes, found "a"'],
  [
    "{'a': 1}",
    'line 1, column 2',
    'expected a key in double quotes, found a single quote: JSON takes double quotes',
  ],
  ['{"a": tru}', 'line 1, column 7', 'expected a value, found "tru"'],
  ['{"a": 01}', 'line 1, column 7', 'expected a value, found "01"'],
  ['{"a": 1.}', 'line 1, column 7', 'expected a value, found "1."'],
  ['{"a": NaN}', 'line 1, column 7', 'expected a value, found "NaN"'],
  ['{"a": +1}', 'line 1, column 7', 'expected a value, found "+1"'],
  ['{"a": [1 2]}', 'line 1, column 10', 'expected a comma or "]", found "2"'],
  ['{"a": [], "b": {}, c}', 'line 1, column 20', 'expected a key in double quotes, found "c"'],
  ['{"a": 1} x', 'line 1, column 10', 'expected the end of the text, found "x"'],
  [
    '{\r\n// no\r\n}',
    'line 2, column 1',
    'expected a key in double quotes, found a comment, which JSON does not have',
  ],
  ['{"a": "b', 'line 1, column 9', 'the text lacks its closing double quote'],
  ['{"a": "b\n"}', 'line 1, column 9', 'the text lacks its closing double quote'],
  ['{"a": "b\tc"}', 'line 1, column 9', 'a control character in a text must be escaped, as in \\t'],
  [
    '{"a": "C:\\x"}',
    'line 1, column 10',
    'a backslash in a text is written twice, unless it begins an escape',
  ],
  [
    '{"a": "\\u12"}',
    'line 1, column 8',
    'a backslash in a text is written twice, unless it begins an escape',
  ],
];

test.each(BROKEN)('%j is refused with line, column and what was expected', (text, place, problem) => {
  expect(refusal(() => loadText(text))).toEqual([`config.json is not valid JSON: ${place}: ${problem}.`]);
});

test('a file that nests without end is refused, broken or not', () => {
  const deep = (open: string, close: string) => `{"a": ${open.repeat(200_000)}1${close.repeat(200_000)}}`;
  const problem = 'config.json is not valid JSON: it nests over 64 levels deep.';
  expect(refusal(() => loadText(deep('[', ']')))).toEqual([problem]);
  expect(refusal(() => loadText(deep('{"b":', '}')))).toEqual([problem]);
  expect(refusal(() => loadText(deep('[', '')))[0]).toContain(
    'line 1, column 200008: expected a comma or "]"',
  );
});

test('whatever the text, a place is found exactly where Node finds no JSON', () => {
  const pieces = fc.constantFrom(
    '{',
    '}',
    '[',
    ']',
    ',',
    ':',
    '"',
    '"a"',
    '\\',
    '1',
    '-',
    '.5',
    'e',
    'null',
    ' ',
    '\n',
  );
  const texts = fc.oneof(
    fc.array(pieces, { maxLength: 12 }).map((parts) => parts.join('')),
    fc
      .json()
      .chain((json) =>
        fc
          .tuple(fc.nat(json.length), pieces)
          .map(([at, piece]) => json.slice(0, at) + piece + json.slice(at)),
      ),
  );
  fc.assert(
    fc.property(texts, (text) => {
      const json = parseJson(text);
      let value: unknown;
      try {
        value = JSON.parse(text);
      } catch {
        expect(json.good ? '' : json.problem).toMatch(/^line \d+, column \d+: [^\n]{10,}$/);
        return;
      }
      // What JSON.parse takes without a word is said here.
      const is_twice = !json.good && /the key .* is there twice$/.test(json.problem);
      if (!is_twice) expect(json).toEqual({ good: true, value });
    }),
    { numRuns: 2000 },
  );
});

test('a key that is there twice is refused, with its place, and not in silence the last one taken', () => {
  expect(refusal(() => loadText('{"topics": ["a"],\n "topics": ["b"]}'))).toEqual([
    'config.json is not valid JSON: line 2, column 2: the key "topics" is there twice.',
  ]);
  expect(refusal(() => loadText('{"headers": {"A": "1", "\\u0041": "2"}}'))).toEqual([
    'config.json is not valid JSON: line 1, column 24: the key "\\u0041" is there twice.',
  ]);
  expect(loadText('{"topics": [{"topic": "a"}, {"topic": "b"}]}').settings.topics).toHaveLength(2);
});

test('an unknown key is refused with the nearest known one, where one is near', () => {
  expect(refused({ bufferSize: 1 })).toEqual([
    'config.json: bufferSize is not a known key: did you mean buffer_size?',
  ]);
  expect(refused({ 'a\u001bb': 1, x: 2 })).toEqual([
    'config.json: ["a\\u001bb"] is not a known key: remove it.',
    'config.json: x is not a known key: remove it.',
  ]);
});

test('keys that would reach into an object are unknown keys like any other', () => {
  const text = '{"__proto__": {"topic": "a"}, "constructor": 1, "toString": 2, "": 3, "a.b": 4}';
  expect(refusal(() => loadText(text)).map((sentence) => sentence.slice(13))).toEqual([
    '__proto__ is not a known key: remove it.',
    'constructor is not a known key: remove it.',
    'toString is not a known key: remove it.',
    '[""] is not a known key: remove it.',
    '["a.b"] is not a known key: remove it.',
  ]);
});
