// When a socket is read: real sockets, opened as the capture opens them, on a server that sends frames at a rate.

import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { createServer as createTlsServer } from 'node:tls';
import { describe, expect, onTestFinished, test } from 'vitest';
import { heldBackMs, ReadPace } from '../../src/capture/read-pace.js';
import { openSocket } from '../../src/capture/socket.js';
import { CERTIFICATE } from '../testing/certificate.js';
import { encodeFrame, OPCODE } from '../testing/frames.js';
import { captureLive, data, markOf } from '../testing/live-capture.js';

const END_OF_HANDSHAKE = 'HTTP/1.1 101 Switching Protocols\r\n\r\n';

interface Opened {
  readonly pace: ReadPace;
  /** The server's end. */
  readonly server: Socket;
  /** The messages as they came. */
  readonly lines: string[];
  /** How often the socket was paused so far. */
  pauses(): number;
  /** How long the pauses were that are over. */
  readonly paused_ms: number[];
  isPaused(): boolean;
  /** Whether its owner wants it to be read. */
  want(value: boolean): void;
}

async function open(secure = false, held_back_ms = 20, hour_left_ms = 60_000): Promise<Opened> {
  const server = secure ? createTlsServer({ ...CERTIFICATE }) : createServer();
  const accepted = once(server, secure ? 'secureConnection' : 'connection') as Promise<[Socket]>;
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const lines: string[] = [];
  let wanted = true;
  const pace = new ReadPace({ isWanted: () => wanted, held_back_ms, hourLeftMs: () => hour_left_ms });
  let client: Socket | undefined;
  let pauses = 0;
  const options = {
    host: '127.0.0.1',
    port: (server.address() as AddressInfo).port,
    secure,
    ca: [CERTIFICATE.cert],
    proxy: null,
    onRead: () => {},
    runs: {
      topicAt: () => 0,
      message_bytes_max: 1_000_000,
      lines: (bytes: Buffer) => void lines.push(...bytes.toString().split('\n').slice(0, -1)),
      takes: () => true,
      isOpen: () => true,
    },
    pace,
  };
  openSocket(options, (_error, socket) => {
    client = socket;
  });
  if (client === undefined) throw new Error('no socket');
  const socket = client;
  const pause = socket.pause.bind(socket);
  let paused_at = 0;
  socket.pause = () => {
    pauses += 1;
    paused_at = performance.now();
    return pause();
  };
  const resume = socket.resume.bind(socket);
  const paused_ms: number[] = [];
  socket.resume = () => {
    if (socket.isPaused()) paused_ms.push(performance.now() - paused_at);
    return resume();
  };
  const [server_end] = await accepted;
  server_end.setNoDelay(true);
  server_end.write(END_OF_HANDSHAKE);
  onTestFinished(() => {
    socket.destroy();
    server_end.destroy();
    server.close();
  });
  return {
    pace,
    server: server_end,
    lines,
    pauses: () => pauses,
    paused_ms,
    isPaused: () => socket.isPaused(),
    want: (value) => {
      wanted = value;
    },
  };
}

/** Timers are late at times, never early. */
const shortest = ({ paused_ms }: Opened) => Math.min(...paused_ms);

const frame = (text: string) => encodeFrame({ opcode: OPCODE.text, payload: Buffer.from(text) });

/** Sends so many a millisecond, each in a write of its own, until `done`; gives what was sent. */
async function stream(to: Socket, per_ms: number, done: () => boolean, more = ''): Promise<string[]> {
  const sent: string[] = [];
  const started = performance.now();
  for (const deadline = started + 10_000; !done(); ) {
    if (performance.now() > deadline) throw new Error(`not within 10 s, ${sent.length} sent`);
    while (sent.length < (performance.now() - started) * per_ms) {
      sent.push(data(sent.length) + more);
      to.write(frame(data(sent.length - 1) + more));
    }
    await delay(1);
  }
  return sent;
}

describe.each([false, true])('TLS: %s', (secure) => {
  test('messages that come thick are read at intervals, each once and in order', async () => {
    const opened = await open(secure);
    const sent = await stream(opened.server, 5, () => opened.pauses() >= 20);
    await expect.poll(() => opened.lines.length).toBe(sent.length);
    expect(opened.lines).toEqual(sent);
  });

  test('no pause lasts: a message that follows the last one comes', async () => {
    const opened = await open(secure);
    const sent = await stream(opened.server, 5, () => opened.isPaused());
    opened.server.write(frame('the last'));
    await expect.poll(() => opened.lines.at(-1)).toBe('the last');
    expect(opened.lines.length).toBe(sent.length + 1);
  });
});

test('messages that come one by one, and a burst between them, are read as they come', async () => {
  const opened = await open();
  for (let n = 0; n < 20; n += 1) {
    for (let i = 0; i < (n === 10 ? 100 : 1); i += 1) opened.server.write(frame(data(n)));
    await delay(25);
  }
  await expect.poll(() => opened.lines.length).toBe(119);
  expect(opened.pauses()).toBe(0);
});

test('a socket that brings more than an interval may hold is not paused', async () => {
  const opened = await open();
  const much = Buffer.concat(Array.from({ length: 1_000 }, (_, n) => frame(data(n))));
  for (let i = 0; i < 100; i += 1) {
    if (!opened.server.write(much)) await once(opened.server, 'drain');
  }
  await expect.poll(() => opened.lines.length, { timeout: 10_000 }).toBe(100_000);
  expect(opened.pauses()).toBe(0);
});

test('a pause is no longer than 128 KiB take to come', async () => {
  const opened = await open(false, 96);
  // 4 MB a second.
  await stream(opened.server, 1, () => opened.pauses() > 10, 'x'.repeat(4_000));
  expect(shortest(opened)).toBeLessThan(60);
  const slow = await open(false, 96);
  await stream(slow.server, 1, () => slow.pauses() > 10);
  expect(shortest(slow)).toBeGreaterThan(90);
});

test('a pause is over before the hour is, and none begins in its last millisecond', async () => {
  const opened = await open(false, 96, 30);
  await stream(opened.server, 5, () => opened.pauses() > 10);
  expect(shortest(opened)).toBeLessThan(60);
  const at_the_end = await open(false, 96, 0.9);
  const started = performance.now();
  await stream(at_the_end.server, 5, () => performance.now() - started > 300);
  expect(at_the_end.pauses()).toBe(0);
});

test('what must be written within 2 ms of its arrival is not kept waiting at all', async () => {
  expect([1, 2, 3, 50, 200, 201, 60_000].map(heldBackMs)).toEqual([0, 0, 1, 24, 96, 96, 96]);
  const opened = await open(false, heldBackMs(2));
  const started = performance.now();
  await stream(opened.server, 5, () => performance.now() - started > 300);
  expect(opened.pauses()).toBe(0);
});

test('what its owner does not want to be read is not read when an interval ends', async () => {
  const opened = await open();
  await stream(opened.server, 5, () => opened.isPaused());
  opened.want(false);
  const had = opened.lines.length;
  opened.server.write(frame(data(-1)));
  await delay(100);
  expect(opened.lines.length).toBe(had);
  expect(opened.isPaused()).toBe(true);
});

test('while it is read through it is not paused, and a pause ends at once', async () => {
  const opened = await open();
  await stream(opened.server, 5, () => opened.isPaused());
  opened.pace.read_through = true;
  expect(opened.isPaused()).toBe(false);
  const before = opened.pauses();
  const started = performance.now();
  await stream(opened.server, 5, () => performance.now() - started > 200);
  expect(opened.pauses()).toBe(before);
  opened.pace.read_through = false;
  await stream(opened.server, 5, () => opened.isPaused());
});

test.each([true, false])(
  'what comes thick vouches for the time, as what comes one by one does (a server that answers pings: %s)',
  async (answers_pings) => {
    const { c, connection } = await captureLive();
    connection.answers_pings = answers_pings;
    const started_ms = Date.now();
    let marked_ms = 0;
    const reading = setInterval(async () => {
      marked_ms = (await markOf(c.folder)).until_ms;
    }, 50);
    const socket = { write: (bytes: Buffer) => connection.sendRaw(bytes) } as unknown as Socket;
    // While it comes: behind its end everything is read soon.
    await stream(socket, 5, () => marked_ms > started_ms + 2_000).finally(() => clearInterval(reading));
    expect(c.report()).toMatchObject({ state: 'live', gaps: 0 });
  },
);
