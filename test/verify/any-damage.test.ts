// Whatever happens to a sealed folder: it is told, and nothing crashes.

import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { fileOf, folderOf, ledgerText, linesOf, verifyDir, wholeFiles, wholeRecords } from './output.js';

const RUNS = { numRuns: 150 };
const TEXT = linesOf(1);

test('a flip of any bits of any byte of a sealed file is damage', async () => {
  const dir = await folderOf(wholeFiles());
  await fc.assert(
    fc.asyncProperty(fc.nat({ max: TEXT.length - 1 }), fc.integer({ min: 1, max: 255 }), async (at, bits) => {
      const bytes = Buffer.from(TEXT);
      bytes[at] = (bytes[at] ?? 0) ^ bits;
      await writeFile(join(dir, fileOf(1)), bytes);
      const { verdict, topics } = await verifyDir(dir);
      expect(verdict).toBe('damaged');
      expect(topics[0]?.damage).toMatchObject([{ kind: 'content', file: fileOf(1) }]);
    }),
    RUNS,
  );
});

test('a part of any sealed file that is taken out, put in twice or moved is damage', async () => {
  const dir = await folderOf(wholeFiles());
  const texts = [0, 1, 2].map((hour) => linesOf(hour, 5));
  const hour_of = fc.nat({ max: 2 });
  const edges = fc.tuple(fc.nat({ max: 5 }), fc.nat({ max: 5 }), fc.nat({ max: 5 }));
  await fc.assert(
    fc.asyncProperty(hour_of, edges, fc.constantFrom('out', 'twice', 'swap'), async (hour, cuts, what) => {
      const text = texts[hour] ?? '';
      const lines = text.split(/(?<=\n)/);
      const [a = 0, b = 0, c = 0] = [...cuts].sort((x, y) => x - y);
      const [head, one, two, tail] = [
        lines.slice(0, a),
        lines.slice(a, b),
        lines.slice(b, c),
        lines.slice(c),
      ];
      const made = {
        out: [head, two, tail],
        twice: [head, one, one, two, tail],
        swap: [head, two, one, tail],
      }[what];
      const changed = made.flat().join('');
      await writeFile(join(dir, fileOf(hour)), changed);
      const { verdict, topics } = await verifyDir(dir);
      await writeFile(join(dir, fileOf(hour)), text);
      if (changed === text) expect(verdict).toBe('whole');
      // What is put behind the newest seal may be what a crash has left.
      else if (hour === 2 && changed.startsWith(text)) expect(topics[0]?.notes).toHaveLength(1);
      else expect(verdict).toBe('damaged');
    }),
    RUNS,
  );
});

test('whatever a seal is changed to, the file no longer fits it, or the line is no record', async () => {
  const files = { [fileOf(0)]: linesOf(0) };
  const ledger = ledgerText(wholeRecords(files));
  const dir = await folderOf({ ...files, 't.ledger': ledger });
  // What tells the content: the file's name, count, bytes and digest, not the times.
  const fields = ['"file":"', '"messages":', '"bytes":', '"sha256":"'];
  const place = fc.tuple(fc.constantFrom(...fields), fc.nat({ max: 63 }), fc.nat({ max: 9 }));
  await fc.assert(
    fc.asyncProperty(place, async ([field, offset, digit]) => {
      const start = ledger.indexOf(field) + field.length;
      const length = /^[^",]*/.exec(ledger.slice(start))?.[0].length ?? 1;
      const at = start + (offset % length);
      const changed = `${ledger.slice(0, at)}${digit}${ledger.slice(at + 1)}`;
      if (changed === ledger) return;
      await writeFile(join(dir, 't.ledger'), changed);
      expect((await verifyDir(dir)).verdict).toBe('damaged');
    }),
    RUNS,
  );
});

test('whatever bytes lie in a ledger, a mark or a file, the answer is a report', async () => {
  const dir = await folderOf(wholeFiles());
  const sound = wholeFiles();
  const bytes = fc.oneof(
    fc.uint8Array({ maxLength: 300 }).map((array) => Buffer.from(array)),
    fc.json().map((text) => Buffer.from(`${text}\n`)),
    fc
      .tuple(fc.constantFrom(...Object.values(sound)), fc.nat(), fc.nat({ max: 255 }))
      .map(([content, at, byte]) => {
        const copy = Buffer.from(content);
        copy[at % copy.length] = byte;
        return copy;
      }),
  );
  const names = fc.constantFrom(...Object.keys(sound), `${fileOf(1)}.gz`, `${fileOf(3)}.gz`);
  await fc.assert(
    fc.asyncProperty(names, bytes, fc.boolean(), async (name, content, with_sequences) => {
      await writeFile(join(dir, name), content);
      const { topics } = await verifyDir(dir, { with_sequences });
      await writeFile(join(dir, name), sound[name] ?? '');
      expect(topics).toHaveLength(1);
    }),
    RUNS,
  );
});
