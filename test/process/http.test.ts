// The HTTP server in the program as it is built.

import { once } from 'node:events';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { type AddressInfo, connect, createServer, type Server } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import type { StatusDocument } from '../../src/shared/status.js';
import { testFolder } from '../testing/folder.js';
import { startNumberedFeed } from '../testing/numbered-feed.js';
import { type Supervised, supervise } from '../testing/supervised.js';

async function listening(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  return (server.address() as AddressInfo).port;
}

/** A way to the feed that is shut at first. */
async function gateTo(url: string): Promise<{ readonly url: string; open(): void }> {
  let is_open = false;
  const server = createServer((socket) => {
    socket.on('error', () => {});
    if (!is_open) {
      socket.destroy();
      return;
    }
    const onward = connect(Number(new URL(url).port), '127.0.0.1');
    onward.on('error', () => socket.destroy());
    onward.on('close', () => socket.destroy());
    socket.on('close', () => onward.destroy());
    socket.pipe(onward).pipe(socket);
  });
  const port = await listening(server);
  return {
    url: `ws://127.0.0.1:${port}`,
    open: () => {
      is_open = true;
    },
  };
}

const urlOf = ({ http_port }: StatusDocument) => `http://127.0.0.1:${http_port}`;

async function ask(
  url: string,
  headers: Record<string, string> = {},
): Promise<{ status: number; body: unknown }> {
  const response = await fetch(url, { headers });
  return { status: response.status, body: await response.json() };
}

/** The TCP ports that a process listens on. */
function listeningPorts(pid: number): number[] {
  const fds = readdirSync(`/proc/${pid}/fd`).map((fd) => readlinkSync(`/proc/${pid}/fd/${fd}`));
  const rows = ['tcp', 'tcp6'].flatMap((file) =>
    readFileSync(`/proc/net/${file}`, 'utf8').trim().split('\n').slice(1),
  );
  return rows.flatMap((row) => {
    const [, local = '', , state, , , , , , inode] = row.trim().split(/\s+/);
    const is_own = state === '0A' && fds.includes(`socket:[${inode}]`);
    return is_own ? [Number.parseInt(local.split(':').at(-1) ?? '', 16)] : [];
  });
}

test('health is 503 with the topics that are not live, and 200 once all are', async () => {
  const feed = await startNumberedFeed();
  const gate = await gateTo(feed.url);
  const topics = ['a', { topic: 'b', name: 'b behind the gate', ws_url: gate.url }];
  const streamer = await supervise(await testFolder(), { topics, ws_url: feed.url, http_port: 0 });
  const status = await streamer.until(
    'a is live, and b has failed',
    ({ state, live_topics }) => state === 'running' && live_topics === 1,
  );
  const url = urlOf(status);
  expect(await streamer.log()).toContain(`HTTP at ${url}/`);
  // Between two tries it may have no error for a moment.
  await expect
    .poll(() => ask(`${url}/healthz`), { timeout: 10_000 })
    .toEqual({
      status: 503,
      body: {
        ok: false,
        state: 'running',
        topic_count: 2,
        live_topics: 1,
        not_live: [{ name: 'b behind the gate', state: expect.any(String), error: expect.any(String) }],
      },
    });
  gate.open();
  await streamer.until('both are live', ({ live_topics }) => live_topics === 2);
  await expect
    .poll(() => ask(`${url}/healthz`), { timeout: 10_000 })
    .toEqual({
      status: 200,
      body: { ok: true, state: 'running', topic_count: 2, live_topics: 2, not_live: [] },
    });
  const { body } = await ask(`${url}/status`);
  expect(body).toMatchObject({ pid: streamer.pid, http_port: status.http_port, live_topics: 2 });
});

test('the stream of events tells each second what was captured, and ends with the program', async () => {
  const feed = await startNumberedFeed();
  const streamer = await supervise(await testFolder(), { topic: 'a', ws_url: feed.url, http_port: 0 });
  const status = await streamer.until('live', ({ live_topics }) => live_topics === 1);
  const response = await fetch(`${urlOf(status)}/events`);
  let text = '';
  let stopped = false;
  for await (const chunk of response.body?.pipeThrough(new TextDecoderStream()) ?? []) {
    text += chunk;
    if (!stopped && text.split('event: tick').length > 4) {
      stopped = true;
      streamer.signal('SIGTERM');
    }
  }
  expect(await streamer.ended).toBe(0);
  const ticks = [...text.matchAll(/^event: tick\ndata: (.*)$/gm)].map(([, data = '']) => JSON.parse(data));
  const messages = ticks.flatMap(({ rows }) => rows.map((row: { messages: number }) => row.messages));
  expect(messages.length).toBeGreaterThan(2);
  expect(messages.at(-1)).toBeGreaterThan(messages[0]);
  expect(ticks.at(-1)).toMatchObject({ disk_free_bytes: expect.any(Number) });
});

test('a topic, how complete it is, and its figures are told as they are', async () => {
  const feed = await startNumberedFeed();
  const name = 'a/ü?&#+%="<b>';
  const topics = [{ topic: 'a', name }, 'b'];
  const streamer = await supervise(await testFolder(), { topics, ws_url: feed.url, http_port: 0 });
  const is_written = ({ topics }: StatusDocument) => topics.every(({ messages }) => messages > 10);
  const url = urlOf(await streamer.until('both are written', is_written));
  const query = `name=${encodeURIComponent(name)}`;
  const { body: details } = await ask(`${url}/topic?${query}`);
  expect(details).toMatchObject({
    name,
    steps: { messages: expect.any(Array) },
    gap_count: 0,
    file_count: 1,
    last_message: { text: expect.stringContaining('"topic":"a"') },
  });
  const { body: covered } = await ask(`${url}/coverage?from=0&to=${86_400_000}&name=b&${query}`);
  expect(covered).toMatchObject({
    topics: [
      { name: 'b', from_ms: expect.any(Number), to_ms: expect.any(Number), gaps: [] },
      { name, from_ms: expect.any(Number), to_ms: expect.any(Number), gaps: [] },
    ],
  });
  const figures = await (await fetch(`${url}/metrics`)).text();
  expect(figures).toMatch(/^streamer_messages_total\{topic="b"\} [1-9]\d*$/m);
  expect((await fetch(`${url}/topic?name=none`)).status).toBe(404);
});

test('without http_port no port is listened on, and nothing of it is said', async () => {
  const feed = await startNumberedFeed();
  const streamer = await supervise(await testFolder(), { topic: 'a', ws_url: feed.url });
  const status = await streamer.until('live', ({ live_topics }) => live_topics === 1);
  expect(status.http_port).toBeNull();
  expect(listeningPorts(streamer.pid)).toEqual([]);
  expect(await streamer.log()).not.toContain('HTTP');
});

test('a port that is taken is one sentence and 73, and leaves nothing behind', async () => {
  const http_port = await listening(createServer());
  const folder = await testFolder();
  const streamer = await supervise(folder, { topic: 'a', http_port });
  expect(await streamer.ended).toBe(73);
  expect(streamer.printed()).toBe(
    `streamer: The HTTP server cannot listen on 127.0.0.1, port ${http_port}: another program does. Choose another "http_port" (0: any free one).\n`,
  );
  expect(readdirSync(folder)).not.toContain('status.sock');
});

test('an address that others can reach needs a token, which then is wanted from all', async () => {
  const open = await supervise(await testFolder(), { topic: 'a', http_port: 0, http_host: '0.0.0.0' });
  expect(await open.ended).toBe(78);
  expect(open.printed()).toContain(
    'http_host 0.0.0.0 can be reached from other machines: set http_token as well',
  );
  const settings = { topic: 'a', ws_url: 'ws://127.0.0.1:1', http_port: 0, http_host: '0.0.0.0' };
  const streamer: Supervised = await supervise(await testFolder(), settings, {
    STREAMER_HTTP_TOKEN: 'my-secret',
  });
  const url = urlOf(await streamer.until('the HTTP server', ({ http_port }) => http_port !== null));
  expect((await fetch(`${url}/healthz`)).status).toBe(401);
  expect((await ask(`${url}/healthz`, { authorization: 'Bearer my-secret' })).status).toBe(503);
  expect(await streamer.log()).not.toContain('my-secret');
});

test('a reload that changes the keys of the HTTP server says that they wait for the next start', async () => {
  const feed = await startNumberedFeed();
  const streamer = await supervise(await testFolder(), { topic: 'a', ws_url: feed.url, http_port: 0 });
  const { http_port } = await streamer.until('live', ({ live_topics }) => live_topics === 1);
  const config = JSON.parse(readFileSync(streamer.config_path, 'utf8'));
  await writeFile(
    streamer.config_path,
    JSON.stringify({ ...config, http_port: 1, http_token: 'new-secret' }),
  );
  streamer.signal('SIGHUP');
  const status = await streamer.until('reloaded', ({ reloaded }) => reloaded !== null);
  expect(status.reloaded?.message).toBe(
    'Reloaded, topics: 1 as before. At the next start, and not before: http_port, http_token.',
  );
  expect((await ask(`${urlOf(status)}/healthz`)).status).toBe(200);
  expect(status.http_port).toBe(http_port);
});
