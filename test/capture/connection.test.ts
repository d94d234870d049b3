import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { join } from 'node:path';
import { deflateRawSync, deflateSync, gzipSync } from 'node:zlib';
import { expect, onTestFinished, test } from 'vitest';
import { WebSocketServer } from 'ws';
import { none } from '../../src/shared/protocols/none.js';
import { capture } from '../testing/captured.js';
import { ledgerRecords, testFolder } from '../testing/folder.js';
import { serve } from '../testing/served.js';

const data = (n: number) => `{"topic":"t","n":${n}}`;

test('the subscription is sent on open, and its acknowledgement makes the topic live', async () => {
  const server = await serve();
  const c = await capture(server.url);
  const connection = await server.nextConnection();
  const request = await connection.nextRequest('subscribe');
  expect(request.args).toEqual(['t']);
  expect(c.report().state).toBe('subscribing');
  connection.answer(request, true, 'subscribe');
  const live = await c.until('live', (r) => r.state === 'live');
  expect(live.error).toBe(null);
  expect(live.since_ms).toBeGreaterThan(Date.now() - 10_000);
});

test.each([
  ['without req_id', '{"success":true,"ret_msg":"","conn_id":"1","op":"subscribe"}'],
  [
    'in the form of options',
    '{"success":true,"conn_id":"1","data":{"failTopics":[],"successTopics":["t"]},"type":"COMMAND_RESP"}',
  ],
  ['by a data message that comes first', data(1)],
  ['by a message that is no JSON', 'hello'],
])('a subscription is confirmed %s', async (_, message) => {
  const server = await serve();
  const c = await capture(server.url);
  const connection = await server.nextConnection();
  await connection.nextRequest('subscribe');
  connection.sendText(message);
  await c.until('live', (r) => r.state === 'live');
  await c.stop();
  expect(await c.lines()).toEqual([message]);
});

test('a pong neither confirms nor refuses', async () => {
  const server = await serve();
  const c = await capture(server.url);
  const connection = await server.nextConnection();
  const request = await connection.nextRequest('subscribe');
  connection.sendText('{"success":true,"ret_msg":"pong","conn_id":"1","req_id":"","op":"ping"}');
  connection.sendText('{"req_id":"","op":"pong","args":["1"],"conn_id":"1"}');
  await c.until('both written', (r) => r.messages === 2);
  expect(c.report().state).toBe('subscribing');
  connection.answer(request, true, '');
  await c.until('live', (r) => r.state === 'live');
});

test.each([
  [
    'with ret_msg',
    '{"success":false,"ret_msg":"error:handler not found,topic:t","conn_id":"1","req_id":"","op":"subscribe"}',
    'error:handler not found,topic:t',
  ],
  [
    'in the form of options',
    '{"success":true,"conn_id":"1","data":{"failTopics":["t"],"successTopics":[]},"type":"COMMAND_RESP"}',
    '["t"]',
  ],
])(
  'a refusal %s makes the topic rejected, with the words of the server in status and log',
  async (_, message, words) => {
    const server = await serve();
    const c = await capture(server.url);
    const connection = await server.nextConnection();
    await connection.nextRequest('subscribe');
    connection.sendText(message);
    const rejected = await c.until('rejected', (r) => r.state === 'rejected');
    expect(rejected.error).toContain(words);
    expect(await c.untilLogged(/refused/)).toContain('trying again in 30.0 s');
    await connection.closed;
    await c.stop();
    expect(await c.lines()).toEqual([message]);
  },
);

test('a refusal that comes while live is seen too', async () => {
  const server = await serve();
  const c = await capture(server.url);
  const connection = await server.nextConnection();
  await connection.acceptSubscribe();
  connection.sendText(data(1));
  connection.sendText('{"success":false,"ret_msg":"topic delisted","op":"subscribe"}');
  expect((await c.until('rejected', (r) => r.state === 'rejected')).error).toContain('topic delisted');
});

test('without acknowledgement or message for 10 s the connection is replaced', async () => {
  const server = await serve();
  const c = await capture(server.url);
  const first = await server.nextConnection();
  await first.nextRequest('subscribe');
  await (await server.nextConnection(15_000)).acceptSubscribe();
  await c.until('live', (r) => r.state === 'live');
  expect(await c.untilLogged(/neither confirmed/)).toContain('within 10 s');
});

test('a handshake that is never answered is given up after 10 s', async () => {
  const server = await serve(undefined, { handshake: ({ number }) => (number === 0 ? 'never' : 'accept') });
  const c = await capture(server.url);
  await (await server.nextConnection(15_000)).acceptSubscribe();
  await c.until('live', (r) => r.state === 'live');
  expect(await c.untilLogged(/handshake did not end/)).toContain('within 10 s');
});

test('a connection on which nothing comes, no pong either, is replaced after stale_after', async () => {
  const server = await serve();
  const c = await capture(server.url, { stale_after_ms: 2000, ping_interval_ms: 300 });
  const first = await server.nextConnection();
  await first.acceptSubscribe();
  first.goSilent();
  await (await server.nextConnection(10_000)).acceptSubscribe();
  await c.until('live again', (r) => r.state === 'live' && r.reconnects === 1 && r.gaps === 1);
  expect(await c.untilLogged(/Nothing came/)).toContain('not even a pong');
});

test('pongs alone keep a silent topic connected', async () => {
  const server = await serve();
  const c = await capture(server.url, { protocol: none, stale_after_ms: 1500, ping_interval_ms: 200 });
  const connection = await server.nextConnection();
  await c.until('live', (r) => r.state === 'live');
  await expect.poll(() => connection.pings_at_ms.length, { timeout: 10_000 }).toBeGreaterThan(20);
  expect([c.report().state, c.report().reconnects]).toEqual(['live', 0]);
});

test('the time in which we do not read is not held against the server', async () => {
  const { FaultyDisk } = await import('../testing/faulty-disk.js');
  const disk = new FaultyDisk();
  const server = await serve();
  const c = await capture(server.url, { buffer_size: 5, stale_after_ms: 1000 }, { disk });
  const connection = await server.nextConnection();
  await connection.acceptSubscribe();
  await c.until('the acknowledgement written', (r) => r.messages === 1);
  let letGo = () => {};
  disk.hold = new Promise((resolve) => {
    letGo = resolve;
  });
  for (let n = 1; n <= 5; n += 1) connection.sendText(data(n));
  await c.untilLogged(/buffer was full/);
  const paused_at = performance.now();
  await expect.poll(() => performance.now() - paused_at, { timeout: 10_000 }).toBeGreaterThan(3500);
  expect([c.report().state, c.report().reconnects]).toEqual(['live', 0]);
  disk.hold = null;
  letGo();
  connection.sendText(data(6));
  await c.until('all written', (r) => r.messages === 7);
});

test('the application ping is sent every ping_interval, and protocol pings are answered', async () => {
  const server = await serve();
  await capture(server.url, { ping_interval_ms: 100 });
  const connection = await server.nextConnection();
  await connection.acceptSubscribe();
  connection.ping('are you there');
  expect(await connection.nextRequest('ping')).toEqual({ op: 'ping' });
  expect(await connection.nextRequest('ping')).toEqual({ op: 'ping' });
  await expect.poll(() => connection.pongs_at_ms.length).toBe(1);
});

test('after a clean close, a reset, an end without Close and a refused connection it comes back', async () => {
  const server = await serve();
  const c = await capture(server.url);
  const ends = ['close', 'reset', 'hangUp'] as const;
  for (const end of ends) {
    const connection = await server.nextConnection();
    await connection.acceptSubscribe();
    await c.until('live', (r) => r.state === 'live');
    connection[end]();
    await c.until('lost', (r) => r.state !== 'live');
  }
  const last = await server.nextConnection();
  server.refuseConnections();
  last.reset();
  await c.untilLogged(/ECONNREFUSED/);
  await server.acceptConnections();
  await (await server.nextConnection()).acceptSubscribe();
  await c.until('live', (r) => r.state === 'live');
  expect(c.report().gaps).toBe(3);
});

test('a close is logged with its code and reason and the delay', async () => {
  const server = await serve();
  const c = await capture(server.url);
  const connection = await server.nextConnection();
  await connection.acceptSubscribe();
  connection.close(1001, 'maintenance');
  expect(await c.untilLogged(/code 1001/)).toMatch(/code 1001 \(maintenance\); trying again in 0\.0 s/);
});

test.each([429, 503])('Retry-After is honoured on status %i', async (status) => {
  const server = await serve(undefined, {
    handshake: ({ number }) => (number === 0 ? { status, headers: { 'Retry-After': '1' } } : 'accept'),
  });
  const c = await capture(server.url);
  await (await server.nextConnection()).acceptSubscribe();
  await c.until('live', (r) => r.state === 'live');
  const [first, second] = server.handshakes;
  expect((second?.at_ms ?? 0) - (first?.at_ms ?? 0)).toBeGreaterThanOrEqual(990);
  expect(await c.untilLogged(/status/)).toContain(`status ${status}; trying again in 1.0 s`);
});

test.each([
  ['wrong UTF-8', 'sendWrongUtf8'],
  ['a junk frame', 'sendJunkFrame'],
  ['a masked frame', 'sendMasked'],
] as const)('%s ends the connection with a sentence, and the next one is made', async (_, method) => {
  const server = await serve();
  const c = await capture(server.url);
  const connection = await server.nextConnection();
  await connection.acceptSubscribe();
  connection.sendText(data(1));
  connection[method]('x');
  await (await server.nextConnection()).acceptSubscribe();
  await c.until('live again', (r) => r.state === 'live' && r.reconnects === 1);
  expect(c.log.filter((l) => l.message.includes('trying again'))).toHaveLength(1);
});

test('a message larger than max_message_bytes is refused before it fills the memory', async () => {
  const server = await serve();
  const c = await capture(server.url, { max_message_bytes: 1000 });
  const connection = await server.nextConnection();
  await connection.acceptSubscribe();
  connection.sendText('x'.repeat(1000));
  connection.sendOversize(1001);
  await (await server.nextConnection()).acceptSubscribe();
  expect(await c.untilLogged(/payload/i)).toContain('trying again');
  await c.until('written', (r) => r.messages === 3);
});

test('a message in fragments, with a ping between them, is one line', async () => {
  const server = await serve();
  const c = await capture(server.url);
  const connection = await server.nextConnection();
  await connection.acceptSubscribe();
  connection.sendFragments(['{"topic":"t",', '"text":"é', '…"}']);
  await c.until('written', (r) => r.messages === 2);
  await c.stop();
  expect((await c.lines())[1]).toBe('{"topic":"t","text":"é…"}');
});

test('binary frames that hold text are lines; one that holds none is counted, kept in the ledger, and ends nothing', async () => {
  const server = await serve();
  const c = await capture(server.url);
  const connection = await server.nextConnection();
  await connection.acceptSubscribe();
  connection.sendBinary(Buffer.from(data(1)));
  connection.sendBinary(Buffer.from([0xff, 0xfe, 0x00]));
  connection.sendBinary(Buffer.from(data(2)));
  await c.until('written', (r) => r.messages === 3);
  expect(await c.untilLogged(/binary frames became no line/)).toContain('it holds no UTF-8 text');
  await c.stop();
  expect((await c.lines()).slice(1)).toEqual([data(1), data(2)]);
  expect(await ledgerRecords(c.folder, 'frame')).toMatchObject([{ base64: '//4A', reason: 'undecodable' }]);
  expect(await ledgerRecords(c.folder, 'gap')).toMatchObject([{ reason: 'undecodable', messages: 1 }]);
});

test.each([
  ['gzip', gzipSync],
  ['deflate', deflateSync],
  ['deflate-raw', deflateRawSync],
] as const)(
  'frames packed as %s are unpacked; a bomb and a broken one are kept in the ledger',
  async (binary, pack) => {
    const server = await serve();
    const c = await capture(server.url, { protocol: { ...none, binary }, max_message_bytes: 100_000 });
    const connection = await server.nextConnection();
    connection.sendBinary(pack(Buffer.from(data(1))));
    connection.sendBinary(pack(Buffer.alloc(200_000)));
    connection.sendBinary(Buffer.from('no such packing'));
    connection.sendBinary(pack(Buffer.from(data(2))));
    await c.until('written', (r) => r.messages === 2);
    await c.stop();
    expect(await c.lines()).toEqual([data(1), data(2)]);
    expect(await ledgerRecords(c.folder, 'frame')).toHaveLength(2);
    expect(await ledgerRecords(c.folder, 'gap')).toMatchObject([{ reason: 'undecodable', messages: 2 }]);
  },
);

test('a plain protocol sends nothing and is live when open', async () => {
  const server = await serve();
  const c = await capture(server.url, { protocol: none });
  const connection = await server.nextConnection();
  await c.until('live', (r) => r.state === 'live');
  connection.sendText('anything');
  await c.until('written', (r) => r.messages === 1);
  expect(connection.received).toEqual([]);
});

test('a stop sends Close and still writes what the server sends before its own', async () => {
  const server = await serve();
  const c = await capture(server.url);
  const connection = await server.nextConnection();
  await connection.acceptSubscribe();
  await c.until('live', (r) => r.state === 'live');
  connection.answers_close = false;
  const stopped = c.stop();
  for (let n = 1; n <= 50; n += 1) {
    connection.sendText(data(n));
    await connection.flushed();
  }
  connection.close(1000);
  expect(await stopped).toBe(0);
  expect((await connection.closed).code).toBe(1000);
  expect((await c.lines()).slice(1)).toEqual(Array.from({ length: 50 }, (_, i) => data(i + 1)));
});

test('a server that never answers Close does not hold up a stop for longer than 2 s', async () => {
  const server = await serve();
  const c = await capture(server.url);
  const connection = await server.nextConnection();
  await connection.acceptSubscribe();
  await c.until('live', (r) => r.state === 'live');
  connection.answers_close = false;
  const started = performance.now();
  await c.stop();
  expect(performance.now() - started).toBeGreaterThan(1900);
  expect(await c.untilLogged(/did not answer Close/)).toContain('2 s');
});

test('custom headers are sent', async () => {
  const server = await serve();
  await capture(server.url, { headers: { 'X-Api-Key': 'secret' } });
  expect((await server.nextHandshake()).headers['x-api-key']).toBe('secret');
});

test('compression is offered only when asked for, and compressed messages come out whole', async () => {
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1', perMessageDeflate: { threshold: 0 } });
  onTestFinished(() => void server.close());
  await once(server, 'listening');
  const extensions: (string | undefined)[] = [];
  server.on('connection', (socket, request) => {
    extensions.push(request.headers['sec-websocket-extensions']);
    socket.send(data(1));
    onTestFinished(() => socket.terminate());
  });
  const url = `ws://127.0.0.1:${(server.address() as AddressInfo).port}`;
  for (const compression of [false, true]) {
    const c = await capture(url, { compression, protocol: none });
    await c.until('written', (r) => r.messages === 1);
    await c.stop();
    expect(await c.lines()).toEqual([data(1)]);
  }
  expect(extensions[0]).toBe(undefined);
  expect(extensions[1]).toContain('permessage-deflate');
});

async function certificate(): Promise<{ cert: string; key: string }> {
  const folder = await testFolder();
  const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=IP:127.0.0.1,DNS:localhost'];
  execFileSync(
    'openssl',
    [
      'req',
      '-x509',
      '-newkey',
      'rsa:2048',
      '-nodes',
      '-keyout',
      'k.pem',
      '-out',
      'c.pem',
      '-days',
      '2',
      ...subject,
    ],
    { cwd: folder, stdio: 'ignore' },
  );
  return {
    cert: readFileSync(join(folder, 'c.pem'), 'utf8'),
    key: readFileSync(join(folder, 'k.pem'), 'utf8'),
  };
}

test('a certificate that nobody vouches for is refused, and ca_file vouches for it', async () => {
  const tls = await certificate();
  const server = await serve(undefined, { tls });
  const stranger = await capture(server.url);
  await stranger.untilLogged(/self-signed certificate/);
  await stranger.stop();
  const c = await capture(server.url, {}, { ca: tls.cert });
  const connection = await server.nextConnection();
  await connection.acceptSubscribe();
  for (let n = 1; n <= 2000; n += 1) connection.sendText(data(n));
  await c.until('all written', (r) => r.messages === 2001);
  await c.stop();
  expect((await c.lines()).slice(1)).toEqual(Array.from({ length: 2000 }, (_, i) => data(i + 1)));
});

/** An HTTP proxy that knows CONNECT alone; `status` other than 200: it refuses. */
async function proxy(status = 200): Promise<{ url: string; asked: { target: string; user: string }[] }> {
  const asked: { target: string; user: string }[] = [];
  const server = createServer();
  server.on('connect', (request, socket, head) => {
    asked.push({ target: request.url ?? '', user: request.headers['proxy-authorization'] ?? '' });
    if (status !== 200) {
      socket.end(`HTTP/1.1 ${status} No\r\n\r\n`);
      return;
    }
    const [host, port] = (request.url ?? '').split(':');
    const upstream = connect(Number(port), host, () => {
      socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
      upstream.write(head);
      upstream.pipe(socket).pipe(upstream);
    });
    upstream.on('error', () => socket.destroy());
    socket.on('error', () => upstream.destroy());
    onTestFinished(() => void socket.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  return { url: `http://user:p%40ss@127.0.0.1:${(server.address() as AddressInfo).port}`, asked };
}

test.each([false, true])('an HTTP proxy is asked to connect, with its user (TLS: %s)', async (secure) => {
  const tls = secure ? await certificate() : undefined;
  const server = await serve(undefined, tls === undefined ? {} : { tls });
  const through = await proxy();
  const c = await capture(server.url, { proxy: through.url }, tls === undefined ? {} : { ca: tls.cert });
  const connection = await server.nextConnection();
  await connection.acceptSubscribe();
  for (let n = 1; n <= 500; n += 1) connection.sendText(data(n));
  await c.until('all written', (r) => r.messages === 501);
  expect(through.asked[0]?.target).toMatch(new RegExp(`:${server.port}$`));
  expect(through.asked[0]?.user).toBe(`Basic ${Buffer.from('user:p@ss').toString('base64')}`);
});

test('a proxy that refuses is named with its status', async () => {
  const server = await serve();
  const c = await capture(server.url, { proxy: (await proxy(407)).url });
  expect(await c.untilLogged(/proxy/)).toMatch(/the proxy 127\.0\.0\.1:\d+ answered CONNECT with status 407/);
});
