import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { lastLine, lastLines } from '../../../src/supervisor/http/file-tail.js';
import { testFolder } from '../../testing/folder.js';

async function fileOf(content: string | Buffer): Promise<string> {
  const path = join(await testFolder(), 'f');
  await writeFile(path, content);
  return path;
}

const KIB = 1024;

test('the last line is found whatever the lengths of the lines, and what is not finished is no line', async () => {
  // Around the size of the pieces in which a file is read.
  const length = fc.oneof(fc.nat(5), fc.integer({ min: 64 * KIB - 3, max: 64 * KIB + 3 }), fc.nat(200 * KIB));
  await fc.assert(
    fc.asyncProperty(fc.array(length, { maxLength: 3 }), fc.nat(70 * KIB), async (lengths, unfinished) => {
      const lines = lengths.map((n, i) => String(i).repeat(n));
      const path = await fileOf(lines.map((line) => `${line}\n`).join('') + 'x'.repeat(unfinished));
      const last = lines.at(-1);
      const wanted = last === undefined ? null : { text: last.slice(0, 100), bytes: last.length };
      expect(await lastLine(path, 100, 1024 * KIB)).toEqual(wanted);
    }),
    { numRuns: 60 },
  );
});

test('of a long line only the beginning is told, and no character is cut in two', async () => {
  const path = await fileOf(`first\n${'ü'.repeat(50)}\n`);
  expect(await lastLine(path, 11, KIB)).toEqual({ text: 'üüüüü', bytes: 100 });
  expect(await lastLine(path, 100, KIB)).toEqual({ text: 'ü'.repeat(50), bytes: 100 });
});

test('a line longer than the longest that is looked for is none', async () => {
  expect(await lastLine(await fileOf(`a\n${'x'.repeat(100)}\n`), 10, 100)).toMatchObject({ bytes: 100 });
  expect(await lastLine(await fileOf(`a\n${'x'.repeat(101)}\n`), 10, 100)).toBeNull();
  expect(await lastLine(await fileOf(`${'x'.repeat(101)}\n`), 10, 100)).toBeNull();
  expect(await lastLine(await fileOf(`${'x'.repeat(1000)}`), 10, 100)).toBeNull();
});

test('the last lines are those that lie whole in the end of the file', async () => {
  const path = await fileOf('one\ntwo\nthree\nunfin');
  expect(await lastLines(path, 1000)).toEqual(['one', 'two', 'three']);
  expect(await lastLines(path, 14)).toEqual(['three']);
  expect(await lastLines(await fileOf(''), 10)).toEqual([]);
});
