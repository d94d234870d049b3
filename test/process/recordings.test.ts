// What exchanges really sent, through the whole program: byte for byte. The recordings are not part of this
// repository; without them the test is skipped, except where CI is set: there it fails.

import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { WebSocketServer } from 'ws';
import { testFolder } from '../testing/folder.js';
import { PROJECT, supervise } from '../testing/supervised.js';

const RECORDINGS = join(PROJECT, '..', 'shared', 'recordings');
const there = existsSync(RECORDINGS);
if (!there) console.log(`skipped: there are no recordings in ${RECORDINGS}`);

/** How each of them packs its messages. */
const BINARY: Readonly<Record<string, string>> = {
  'htx-gzip-2021': 'gzip',
  'okex-v3-deflate-2021': 'deflate-raw',
};

/** Sends whoever connects to `/<name>` the frames of that name, then stays open. */
async function serveFrames(frames: ReadonlyMap<string, readonly (Buffer | string)[]>): Promise<string> {
  const server = new WebSocketServer({ host: '127.0.0.1', port: 0 });
  server.on('connection', (socket, request) => {
    for (const frame of frames.get((request.url ?? '').slice(1)) ?? []) socket.send(frame);
  });
  await new Promise((resolve) => server.once('listening', resolve));
  onTestFinished(() => {
    for (const client of server.clients) client.terminate();
    server.close();
  });
  return `ws://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

describe.runIf(there || process.env.CI !== undefined)('the recordings of ten exchanges', () => {
  test.each([true, false])('come out byte for byte (fast_path: %s)', async (fast_path) => {
    const names = (await readdir(RECORDINGS)).flatMap((file) => /^(.*)\.jsonl$/.exec(file)?.[1] ?? []);
    expect(names.length).toBeGreaterThan(0);
    const frames = new Map<string, (Buffer | string)[]>();
    const expected = new Map<string, Buffer>();
    for (const name of names) {
      const text = await readFile(join(RECORDINGS, `${name}.jsonl`));
      expected.set(name, text);
      const is_binary = BINARY[name] !== undefined;
      const source = is_binary
        ? await readFile(join(RECORDINGS, `${name}.frames.b64`), 'latin1')
        : text.toString();
      const lines = source.split('\n').filter((line) => line !== '');
      frames.set(name, is_binary ? lines.map((line) => Buffer.from(line, 'base64')) : lines);
    }
    const url = await serveFrames(frames);
    const topics = names.map((name) => ({
      topic: name,
      ws_url: `${url}/${name}`,
      protocol: { subscribe: null, ping: null, binary: BINARY[name] ?? 'text' },
    }));
    const streamer = await supervise(await testFolder(), { topics, fast_path });
    const total = [...frames.values()].reduce((sum, { length }) => sum + length, 0);
    const { topics: statuses } = await streamer.until(
      'all messages',
      ({ total_messages }) => total_messages >= total,
    );
    expect(statuses.map(({ reconnects, dropped, restarts }) => reconnects + dropped + restarts)).toEqual(
      names.map(() => 0),
    );
    streamer.signal('SIGTERM');
    expect(await streamer.ended).toBe(0);
    const files = await readdir(streamer.output_dir);
    for (const name of names) {
      const parts = files.filter((file) => file.startsWith(`${name}_`)).sort();
      const bytes = Buffer.concat(
        await Promise.all(parts.map((file) => readFile(join(streamer.output_dir, file)))),
      );
      expect({ name, same: bytes.equals(expected.get(name) ?? Buffer.alloc(0)) }).toEqual({
        name,
        same: true,
      });
    }
  });
});
