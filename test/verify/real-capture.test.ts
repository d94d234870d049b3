// What the capture itself writes, judged: while it writes, after a crash, after a restart and after a stop.

import { cp, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { none } from '../../src/shared/protocols/none.js';
import * as openFiles from '../../src/verify/open-files.js';
import type { TopicReport } from '../../src/verify/report.js';
import { capture } from '../testing/captured.js';
import { testFolder } from '../testing/folder.js';
import { serve } from '../testing/served.js';
import { damageOf, verifyDir } from './output.js';

async function judge(dir: string, is_live = false): Promise<TopicReport & { verdict: string }> {
  const { holdsOpen } = is_live ? openFiles : { holdsOpen: async () => false };
  const { verdict, topics } = await verifyDir(dir, { holdsOpen, now: Date.now });
  const [topic] = topics;
  if (topic === undefined) throw new Error('no topic');
  return { verdict, ...topic };
}

/** The folder as it is at this moment, as if everything had been killed. */
async function crashedCopy(folder: string): Promise<string> {
  const copy = join(await testFolder(), 'copy');
  await cp(folder, copy, { recursive: true });
  return copy;
}

async function markOf(folder: string): Promise<string> {
  return readFile(join(folder, 't.mark'), 'utf8').catch(() => '');
}

async function capturing(folder?: string) {
  const server = await serve();
  const c = await capture(server.url, { protocol: none }, folder === undefined ? {} : { folder });
  const connection = await server.nextConnection();
  const send = async (messages: number) => {
    for (let n = 0; n < messages; n += 1) connection.sendText(`{"n":${n}}`);
    await c.until('written', (report) => report.messages === messages);
  };
  return { c, send };
}

test('a folder that is being written is whole, and is not disturbed', async () => {
  const { c, send } = await capturing();
  await send(100);
  await expect.poll(() => markOf(c.folder)).not.toBe('');
  const report = await judge(c.folder, true);
  expect(report).toMatchObject({ verdict: 'whole', is_written: true, messages: 100 });
  expect(report.notes).toMatchObject([{ sentence: expect.stringContaining('being written') }]);
  expect(await c.stop()).toBe(0);
  expect(await judge(c.folder)).toMatchObject({
    verdict: 'whole',
    is_written: false,
    messages: 100,
    notes: [],
  });
});

test('a crash leaves an open gap and a note; after the next start the gap is closed and all is sealed', async () => {
  const { c, send } = await capturing();
  await send(10);
  await expect.poll(() => markOf(c.folder)).not.toBe('');
  const crashed = await crashedCopy(c.folder);
  expect(await judge(crashed)).toMatchObject({
    verdict: 'gaps',
    messages: 10,
    damage: [],
    gaps: [{ reason: 'crash', to_ms: null }],
    notes: [{ sentence: expect.stringContaining('the next start of the capture seals it') }],
  });
  const again = await capturing(crashed);
  await again.send(5);
  await again.c.stop();
  const report = await judge(crashed);
  expect(report).toMatchObject({ verdict: 'gaps', messages: 15, damage: [], notes: [] });
  expect(report.gaps).toMatchObject([{ reason: 'crash', to_ms: expect.any(Number) }]);
});

test('a torn end is damage until the next start has removed it', async () => {
  const { c, send } = await capturing();
  await send(3);
  await c.stop();
  const [name = ''] = (await readdir(c.folder)).filter((found) => found.endsWith('.jsonl'));
  const path = join(c.folder, name);
  await writeFile(path, '{"torn":', { flag: 'a' });
  expect(damageOf(await judge(c.folder))).toEqual([`torn ${name}:4`]);
  const again = await capturing(c.folder);
  await again.send(2);
  await again.c.stop();
  expect(await judge(c.folder)).toMatchObject({ verdict: 'gaps', messages: 5, damage: [] });
});
