// The start of a capture: what the last run left is read before a connection is made.

import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { realDisk } from '../../src/capture/disk.js';
import { none } from '../../src/shared/protocols/none.js';
import { capture } from '../testing/captured.js';
import { FaultyDisk, gate } from '../testing/faulty-disk.js';
import { ledgerRecords, testFolder } from '../testing/folder.js';
import { serve } from '../testing/served.js';

test('no connection is made before it is known what the last run left, nor after a stop that came earlier', async () => {
  const server = await serve();
  const slow = gate();
  const disk = new FaultyDisk();
  disk.hoursOf = async (folder, encoded_name) => {
    await slow.opened;
    return realDisk.hoursOf(folder, encoded_name);
  };
  const early = await capture(server.url, { protocol: none }, { disk });
  const other = await capture(server.url, { protocol: none });
  await other.until('live', (r) => r.state === 'live');
  expect(server.handshakes).toHaveLength(1);
  const stopped = early.stop();
  expect(early.report().state).toBe('stopped');
  slow.open();
  expect(await stopped).toBe(0);
  for (let turns = 0; turns < 10; turns += 1) await turn();
  expect([server.handshakes.length, early.report().state]).toEqual([1, 'stopped']);
  expect(early.log.map(({ message }) => message)).toEqual(['Stopped: 0 messages (0 B) written in this run']);
  expect(await ledgerRecords(early.folder, 'stop')).toEqual([]);
});

test('on a disk that refuses at the start it is tried again, and then a connection is made', async () => {
  const server = await serve();
  const disk = new FaultyDisk();
  disk.open_faults.push('EIO');
  const c = await capture(server.url, { protocol: none }, { disk });
  expect(await c.untilLogged(/trying again in 1 s/)).toContain('input/output error');
  expect(server.handshakes).toHaveLength(0);
  await c.until('live', (r) => r.state === 'live');
  expect(c.report().error).toBe(null);
});

test('files whose names begin alike are left alone by a capture, and do not hold it up', async () => {
  const folder = await testFolder();
  await writeFile(join(folder, 't_123.jsonl'), '{"no newline":2}');
  const server = await serve();
  const c = await capture(server.url, { protocol: none }, { folder });
  (await server.nextConnection()).sendText('{"n":1}');
  await c.until('written', (r) => r.messages === 1);
  await c.stop();
  expect((await ledgerRecords(folder, 'seal')).map(({ messages }) => messages)).toEqual([1]);
  expect(await ledgerRecords(folder, 'torn')).toEqual([]);
});
