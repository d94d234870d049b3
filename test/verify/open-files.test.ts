// Who is at work on a folder: the process whose number the mark names, and only if it holds the mark open. The
// number may be another program's by now.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { open, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { readBootId } from '../../src/shared/mark.js';
import { holdsOpen } from '../../src/verify/open-files.js';
import { testFolder } from '../testing/folder.js';
import {
  damageOf,
  fileOf,
  folderOf,
  ledgerText,
  linesOf,
  live,
  mark,
  START_MS,
  verifyDir,
} from './output.js';

/** Another program, with the file open or without it. */
async function program(open_path: string | null): Promise<ChildProcess & { pid: number }> {
  const file = open_path === null ? null : await open(open_path, 'r+');
  const child = spawn('sleep', ['60'], { stdio: [file?.fd ?? 'ignore', 'ignore', 'ignore'] });
  onTestFinished(() => void child.kill('SIGKILL'));
  await once(child, 'spawn');
  await file?.close();
  const { pid } = child;
  if (pid === undefined) throw new Error('no sleep');
  return Object.assign(child, { pid });
}

test('a process holds open what it has open, whatever its name is by now', async () => {
  const folder = await testFolder();
  const path = join(folder, 't.mark');
  await writeFile(path, 'x');
  const { pid } = await program(path);
  expect(await holdsOpen(pid, path)).toBe(true);
  await rename(path, join(folder, 'renamed'));
  expect(await holdsOpen(pid, join(folder, 'renamed'))).toBe(true);
  await writeFile(path, 'another file of that name');
  expect(await holdsOpen(pid, path)).toBe(false);
});

test('a process that is alive and does not have the file open does not hold it; nor does one that is gone', async () => {
  const path = join(await testFolder(), 't.mark');
  await writeFile(path, 'x');
  const other = await program(null);
  expect(await holdsOpen(other.pid, path)).toBe(false);
  const holder = await program(path);
  holder.kill('SIGKILL');
  await once(holder, 'exit');
  expect(await holdsOpen(holder.pid, path)).toBe(false);
  expect(await holdsOpen(1, `${path}.none`)).toBe(false);
});

test('a crashed capture whose number another program has by now is judged as crashed', async () => {
  const dir = await folderOf({
    [fileOf(0)]: `${linesOf(0)}{"to`,
    't.ledger': ledgerText([live(START_MS)]),
    't.mark': '',
  });
  const path = join(dir, 't.mark');
  const judged = async ({ pid }: { pid: number }) => {
    await writeFile(path, mark(START_MS + 60_000, { boot_id: (await readBootId()) ?? '', pid }));
    const [topic] = (await verifyDir(dir, { holdsOpen })).topics;
    if (topic === undefined) throw new Error('no topic');
    return topic;
  };
  const crashed = await judged(await program(null));
  expect(crashed).toMatchObject({ is_written: false, gaps: [{ reason: 'crash', to_ms: null }] });
  expect(damageOf(crashed)).toEqual([`torn ${fileOf(0)}:6`]);
  expect(await judged(await program(path))).toMatchObject({ is_written: true, gaps: [], damage: [] });
});
