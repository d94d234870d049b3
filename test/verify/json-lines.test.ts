import fc from 'fast-check';
import { expect, test } from 'vitest';
import { JsonLines } from '../../src/verify/json-lines.js';

/** What the platform says of a line. */
function isJson(line: Buffer): boolean {
  try {
    JSON.parse(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(line));
    return true;
  } catch {
    return false;
  }
}

function count(bytes: Buffer, cuts: readonly number[] = []): JsonLines {
  const json = new JsonLines();
  let at = 0;
  for (const cut of [...cuts.map((n) => n % (bytes.length + 1)), bytes.length].sort((a, b) => a - b)) {
    json.update(bytes.subarray(at, cut));
    at = cut;
  }
  return json;
}

const LINES = [
  '',
  ' ',
  'pong',
  'true',
  'tru',
  'truee',
  'null ',
  'nul',
  '0',
  '-0',
  '-',
  '01',
  '1.',
  '.5',
  '1.5e+10',
  '1e',
  '1E5 ',
  '+1',
  '1 2',
  '1,2',
  '"',
  '"a"',
  '"a" ',
  '"\\u00e9\\n"',
  '"\\u00g9"',
  '"\\x"',
  '"\t"',
  '{}',
  '[]',
  '[ ]',
  '[1,]',
  '[,1]',
  '[1 2]',
  '{"a":1,}',
  '{"a" 1}',
  '{a:1}',
  '{"a":{"b":[1,{"c":null}]},"d":-1.0e-7}',
  '{"a":[1}]',
  '[[]',
  ']',
  '}',
  ',',
  '\ufeff{}',
  '"é€😀"',
  '\r{"a":1}\r',
];

test('each line is JSON or not as JSON.parse says', () => {
  for (const line of LINES) {
    const { lines, not_json } = count(Buffer.from(`${line}\n`));
    expect({ line, lines, not_json }).toEqual({
      line,
      lines: 1,
      not_json: isJson(Buffer.from(line)) ? 0 : 1,
    });
  }
});

test('UTF-8 that is none is no JSON', () => {
  for (const hex of ['80', 'c080', 'c3', 'e080af', 'eda080', 'f08080af', 'f4908080', 'f5808080', 'ff']) {
    const line = Buffer.concat([Buffer.from('"'), Buffer.from(hex, 'hex'), Buffer.from('"\n')]);
    expect({ hex, not_json: count(line).not_json }).toEqual({ hex, not_json: 1 });
  }
});

test('whatever the bytes and however they are cut, lines and their judgement are those of JSON.parse', () => {
  const json = fc.json().map((text) => Buffer.from(text));
  const spaced = fc
    .jsonValue()
    .map((value) => Buffer.from(JSON.stringify(value, null, '\t').replaceAll('\n', '\r')));
  const flipped = fc.tuple(fc.oneof(json, spaced), fc.nat(), fc.nat({ max: 255 })).map(([line, at, byte]) => {
    const copy = Buffer.from(line);
    if (copy.length > 0) copy[at % copy.length] = byte;
    return copy;
  });
  const junk = fc.oneof(
    fc.uint8Array({ maxLength: 20 }).map((bytes) => Buffer.from(bytes)),
    fc
      .string({ unit: fc.constantFrom(...'[]{},:"\\u09aefE+-. \ntrulsn'), maxLength: 12 })
      .map((s) => Buffer.from(s)),
  );
  const line = fc.oneof(json, spaced, flipped, junk);
  fc.assert(
    fc.property(
      fc.array(line, { maxLength: 8 }),
      fc.array(fc.nat(), { maxLength: 6 }),
      junk,
      (lines, cuts, end) => {
        const bytes = Buffer.concat([...lines.flatMap((one) => [one, Buffer.from('\n')]), end]);
        const found = count(bytes, cuts);
        const pieces = bytes.toString('latin1').split('\n');
        const unfinished = pieces.pop() ?? '';
        const wrong = pieces.flatMap((piece, i) => (isJson(Buffer.from(piece, 'latin1')) ? [] : [i + 1]));
        expect(found.lines).toBe(pieces.length);
        expect(found.not_json_lines).toEqual(wrong);
        expect(found.not_json).toBe(wrong.length);
        expect(found.unfinished_bytes).toBe(unfinished.length);
      },
    ),
    { numRuns: 3000 },
  );
});

test('10,000 levels are JSON, one more is not, and the next line is judged anew', () => {
  const nested = (levels: number) => `${'['.repeat(levels)}${']'.repeat(levels)}\n`;
  expect(count(Buffer.from(`${nested(10_000)}${nested(10_001)}{}\n`)).not_json_lines).toEqual([2]);
});
