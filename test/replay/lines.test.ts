// The lines of a file come out as they are, wherever the chunks end.

import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { readLines } from '../../src/replay/lines.js';
import { testFolder } from '../testing/folder.js';

async function linesOf(path: string): Promise<{ lines: string[]; unfinished: boolean }> {
  const lines: string[] = [];
  let is_unfinished = false;
  for await (const batch of readLines(path)) {
    lines.push(...batch.lines.map((line) => line.toString('latin1')));
    is_unfinished = batch.unfinished;
  }
  return { lines, unfinished: is_unfinished };
}

test('any lines of any length, plain or packed, come out in order', async () => {
  const folder = await testFolder();
  const line = fc
    .tuple(fc.string({ unit: 'grapheme-ascii' }), fc.constantFrom(0, 0, 0, 60_000, 65_535, 65_536, 200_000))
    .map(([text, padding]) => text + '.'.repeat(padding));
  await fc.assert(
    fc.asyncProperty(fc.array(line), fc.boolean(), fc.boolean(), async (lines, is_whole, is_packed) => {
      const content = lines.join('\n') + (is_whole && lines.length > 0 ? '\n' : '');
      const path = join(folder, is_packed ? 'x.jsonl.gz' : 'x.jsonl');
      await writeFile(path, is_packed ? gzipSync(content) : content);
      const unfinished = !is_whole && (lines.at(-1) ?? '') !== '';
      expect(await linesOf(path)).toEqual({ lines: lines.filter((text) => text !== ''), unfinished });
    }),
    { numRuns: 60 },
  );
});

test('a file without newlines is refused before it fills the memory', async () => {
  const path = join(await testFolder(), 'zeros');
  await writeFile(path, Buffer.alloc(80 * 1024 * 1024));
  await expect(linesOf(path)).rejects.toThrow(/^it has a line of over 67108864 bytes, but messages are/);
});

test('a file that does not exist throws', async () => {
  await expect(linesOf('/nowhere/at/all')).rejects.toThrow(/^ENOENT/);
});
