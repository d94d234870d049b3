// Promises about the passes over a folder: each topic is given the hours of its own files, however many ask.

import { mkdir, opendir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { FolderPasses } from '../../src/capture/folder-passes.js';
import { gate } from '../testing/faulty-disk.js';
import { testFolder } from '../testing/folder.js';

const make = (folder: string, ...names: string[]) =>
  Promise.all(names.map((name) => writeFile(join(folder, name), '')));

/** Passes that are counted, and of which each waits, once it has read the folder, for the next of `holds`. */
function heldPasses() {
  const holds: Promise<void>[] = [];
  const counted = { passes: 0 };
  const open: typeof opendir = async (...args) => {
    counted.passes += 1;
    const folder = await opendir(...args);
    const entries = [];
    for await (const entry of folder) entries.push(entry);
    await holds.shift();
    return entries as unknown as Awaited<ReturnType<typeof opendir>>;
  };
  return { passes: new FolderPasses(open), counted, holds };
}

test('a topic is given the hours of its own files, oldest first, whatever else lies there', async () => {
  const folder = await testFolder();
  await make(folder, 't_7200.jsonl', 't_0.jsonl', 't_5_3600.jsonl', 'tt_3600.jsonl', '_3600.jsonl');
  await make(
    folder,
    't.ledger',
    't_3600.jsonl.gz',
    't_0007200.jsonl',
    't_-3600.jsonl',
    't_1e3.jsonl',
    't_.jsonl',
  );
  const passes = new FolderPasses();
  const found = await Promise.all(['t', 't_5', 'u'].map((name) => passes.hoursOf(folder, name)));
  expect(found).toEqual([[0, 7200], [3600], []]);
});

test('fifty topics that ask together are answered by one pass', async () => {
  const folder = await testFolder();
  const names = Array.from({ length: 50 }, (_, i) => `topic${i}`);
  await make(folder, ...names.map((name, i) => `${name}_${i * 3600}.jsonl`));
  const { passes, counted } = heldPasses();
  const found = await Promise.all(names.map((name) => passes.hoursOf(folder, name)));
  expect(found).toEqual(names.map((_, i) => [i * 3600]));
  expect(counted.passes).toBe(1);
});

test('a file that lay there when its topic asked is found, also where a pass was under way', async () => {
  const folder = await testFolder();
  const { passes, counted, holds } = heldPasses();
  const slow = gate();
  holds.push(slow.opened);
  const early = passes.hoursOf(folder, 't');
  await expect.poll(() => counted.passes).toBe(1);
  await make(folder, 't_3600.jsonl', 'u_3600.jsonl');
  const late = ['t', 'u'].map((name) => passes.hoursOf(folder, name));
  slow.open();
  expect([await early, await Promise.all(late), counted.passes]).toEqual([[], [[3600], [3600]], 2]);
});

test('a folder that cannot be read is an error for who asks then, and for nobody later', async () => {
  const folder = join(await testFolder(), 'later');
  const passes = new FolderPasses();
  const asked = ['t', 'u'].map((name) => passes.hoursOf(folder, name));
  const results = await Promise.allSettled(asked);
  expect(results.map((one) => one.status === 'rejected' && one.reason.code)).toEqual(['ENOENT', 'ENOENT']);
  await mkdir(folder);
  await make(folder, 't_0.jsonl');
  expect(await passes.hoursOf(folder, 't')).toEqual([0]);
});
