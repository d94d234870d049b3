// Promises about the room that is left on the disk.

import { expect, test } from 'vitest';
import { DiskSpace, freeBytes } from '../../../src/supervisor/http/disk-space.js';
import { testFolder } from '../../testing/folder.js';

const GIB = 1024 ** 3;
const turn = () => new Promise((resolve) => setImmediate(resolve));

/** One that has been told the rate for so long, and the free bytes. */
async function noted(bytes_per_s: number, seconds: number, ask: () => Promise<number>): Promise<DiskSpace> {
  const disk = new DiskSpace(ask);
  for (let s = 0; s <= seconds; s += 1) disk.note(s * 1000, s * bytes_per_s);
  disk.tell(seconds * 1000);
  await turn();
  return disk;
}

test('what is free lasts for as long as it takes at the rate of the last minutes', async () => {
  const disk = await noted(1024, 600, async () => GIB);
  expect(disk.tell(600_000)).toEqual({ disk_free_bytes: GIB, disk_lasts_s: 1024 ** 2 });
});

test('the rate is that of five minutes, not of all time', async () => {
  const disk = await noted(0, 600, async () => GIB);
  for (let s = 601; s <= 900; s += 1) disk.note(s * 1000, (s - 600) * 1024);
  expect(disk.tell(600_000).disk_lasts_s).toBe(1024 ** 2);
});

test('nothing written, or not for long, lasts for nobody knows how long', async () => {
  expect((await noted(0, 600, async () => GIB)).tell(600_000).disk_lasts_s).toBeNull();
  expect((await noted(1024, 29, async () => GIB)).tell(29_000).disk_lasts_s).toBeNull();
  expect((await noted(1024, 31, async () => GIB)).tell(31_000).disk_lasts_s).not.toBeNull();
});

test('the system is asked every 5 s at most, and never again while it has not answered', async () => {
  let asked = 0;
  let answer = (_free: number) => {};
  const disk = new DiskSpace(() => {
    asked += 1;
    return new Promise((resolve) => {
      answer = resolve;
    });
  });
  for (let s = 0; s < 100; s += 1) disk.tell(s * 1000);
  expect(asked).toBe(1);
  answer(7);
  await turn();
  // What was known when it was asked is too old by now.
  expect(disk.tell(100_000).disk_free_bytes).toBeNull();
  answer(8);
  await turn();
  for (let s = 101; s < 105; s += 1) expect(disk.tell(s * 1000).disk_free_bytes).toBe(8);
  expect(asked).toBe(2);
});

test('a system that does not tell is no room that is known', async () => {
  const disk = await noted(1024, 600, () => Promise.reject(new Error('no')));
  expect(disk.tell(600_000)).toEqual({ disk_free_bytes: null, disk_lasts_s: null });
});

test("a folder's volume has a size", async () => {
  expect(await freeBytes(await testFolder())).toBeGreaterThan(0);
});
