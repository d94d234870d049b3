// A follower is held against a reading of the whole ledger, whatever has been appended, cut off or replaced meanwhile.

import { appendFile, readFile, rename, truncate, unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { LedgerFollower } from '../../../src/supervisor/http/ledger-follower.js';
import { Ledger } from '../../../src/verify/ledger.js';
import { testFolder } from '../../testing/folder.js';
import { gap, ledgerText, live, lost, stop } from '../../verify/output.js';

const T = 1_767_225_600_000;

async function followed(text: string) {
  const path = join(await testFolder(), 't.ledger');
  await writeFile(path, text);
  return { path, follower: new LedgerFollower(path, 't.ledger') };
}

/** What a fresh reading from the beginning gives. */
async function wholly(path: string) {
  const ledger = new Ledger('t.ledger', () => true);
  await ledger.read(path, () => {});
  return ledger.life;
}

const anyRecord = fc.tuple(fc.integer({ min: 0, max: 4 }), fc.nat(100)).map(([kind, at]) => {
  if (kind === 0) return ledgerText([live(T + at)]);
  if (kind === 1) return ledgerText([lost(T + at)]);
  if (kind === 2) return ledgerText([gap(T + at, T + at + 5)]);
  if (kind === 3) return ledgerText([stop(T + at)]);
  return '{"no":"record"}\n';
});
/** Records, and after which bytes of their text it is looked at. */
const anyGrowth = fc.tuple(fc.array(anyRecord, { maxLength: 12 }), fc.array(fc.nat(2_000), { maxLength: 5 }));

test('however a ledger grows, what is known of it is what a whole reading gives', async () => {
  await fc.assert(
    fc.asyncProperty(anyGrowth, async ([records, looks]) => {
      const { path, follower } = await followed('');
      const text = records.join('');
      let written = 0;
      for (const look of [...looks.sort((a, b) => a - b), text.length]) {
        await appendFile(path, text.slice(written, look));
        written = Math.max(written, look);
        expect(await follower.catchUp()).toEqual(await wholly(path));
      }
    }),
    { numRuns: 40 },
  );
});

test('a torn end that is cut off and written over counts as what is written over it', async () => {
  const whole = ledgerText([live(T)]);
  const { path, follower } = await followed(`${whole}{"at_ms":1,"kind":"lost","from_ms":77,`);
  await follower.catchUp();
  await truncate(path, Buffer.byteLength(whole));
  await appendFile(path, ledgerText([gap(T + 1, T + 2), gap(T + 3, T + 4)]));
  const life = await follower.catchUp();
  expect(life.gaps.map(({ line }) => line)).toEqual([2, 3]);
  expect(life).toEqual(await wholly(path));
});

test('what is written over a torn end counts, also where it is as long as that was', async () => {
  const whole = ledgerText([live(T)]);
  const record = ledgerText([gap(T + 1, T + 2)]);
  const { path, follower } = await followed(whole + 'x'.repeat(record.length));
  expect((await follower.catchUp()).gaps).toEqual([]);
  await truncate(path, Buffer.byteLength(whole));
  await appendFile(path, record);
  expect((await follower.catchUp()).gaps).toMatchObject([{ line: 2 }]);
});

test('a ledger that was replaced, has shrunk or is gone is read anew', async () => {
  const long = ledgerText([live(T), gap(T + 1, T + 2), gap(T + 3, T + 4)]);
  const { path, follower } = await followed(long);
  expect((await follower.catchUp()).gaps).toHaveLength(2);
  await truncate(path, Buffer.byteLength(ledgerText([live(T)])));
  expect((await follower.catchUp()).gaps).toEqual([]);
  // Longer than what was known, and another file.
  await writeFile(`${path}.new`, long + ledgerText([gap(T + 5, T + 6)]));
  await rename(`${path}.new`, path);
  expect((await follower.catchUp()).gaps).toHaveLength(3);
  await rename(path, `${path}.away`);
  expect(await follower.catchUp()).toMatchObject({ gaps: [], standing: { kind: 'never' } });
  await rename(`${path}.away`, path);
  expect((await follower.catchUp()).gaps).toHaveLength(3);
  await unlink(path);
  expect(await follower.catchUp()).toMatchObject({ gaps: [], standing: { kind: 'never' } });
  await writeFile(path, long);
  expect((await follower.catchUp()).gaps).toHaveLength(2);
});

test('who asks while it is read gets the whole answer', async () => {
  const gaps = Array.from({ length: 5_000 }, (_, i) => gap(T + i, T + i + 1));
  const { path, follower } = await followed(ledgerText([live(T), ...gaps]));
  const counts = await Promise.all([follower.catchUp(), follower.catchUp()]);
  expect(counts.map((life) => life.gaps.length)).toEqual([5_000, 5_000]);
  expect((await readFile(path)).length).toBeGreaterThan(256 * 1024);
});

test('a line longer than any that tells of a life is passed over', async () => {
  const torn = JSON.stringify({
    at_ms: T,
    kind: 'torn',
    file: 't_0.jsonl',
    base64: 'A'.repeat(3 * 1024 * 1024),
  });
  const { path, follower } = await followed(`${ledgerText([live(T)])}${torn}\n`);
  expect((await follower.catchUp()).gaps).toEqual([]);
  await appendFile(path, ledgerText([gap(T + 1, T + 2)]));
  expect((await follower.catchUp()).gaps).toMatchObject([{ line: 3 }]);
});

test('a ledger that cannot be read is no empty one', async () => {
  const follower = new LedgerFollower(await testFolder(), 't.ledger');
  await expect(follower.catchUp()).rejects.toThrow(/ is no regular file$/);
});

test('another ledger of the same size is read anew, also where the system gives it the same number', async () => {
  const { path, follower } = await followed(ledgerText([live(T), gap(T + 1, T + 2)]));
  for (let i = 3; i < 9; i += 1) {
    expect((await follower.catchUp()).gaps).toMatchObject([{ to_ms: T + i - 1 }]);
    await unlink(path);
    await writeFile(path, ledgerText([live(T), gap(T + 1, T + i)]));
  }
});
