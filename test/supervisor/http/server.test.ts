// Promises of the HTTP server, with real sockets.

import { once } from 'node:events';
import { createServer } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { ExitError } from '../../../src/shared/errors.js';
import { refusal } from '../../../src/supervisor/http/answer.js';
import { HttpServer } from '../../../src/supervisor/http/server.js';
import { bodyOf, closed, dial, get, guarded, holds, letGo, say, serve, statusOf } from './asking.js';

const HOST = 'Host: 127.0.0.1';

async function openError(settings: { http_host?: string; http_port?: number }): Promise<ExitError> {
  const opening = HttpServer.open(
    { http_port: 0, http_host: '127.0.0.1', http_token: null, ...settings },
    new Map(),
    () => {},
  );
  const error = await opening.catch((reason: unknown) => reason);
  if (!(error instanceof ExitError)) throw new Error(`not refused: ${error}`);
  return error;
}

test('GET and HEAD are answered alike, but that HEAD has no body', async () => {
  const { server } = await serve();
  const got = await get(server.port, '/data?a=b%20c', HOST);
  const headed = await say(
    server.port,
    `HEAD /data?a=b%20c HTTP/1.1\r\n${HOST}\r\nConnection: close\r\n\r\n`,
  );
  expect(bodyOf(got)).toBe('{"asked":[["a","b c"]]}\n');
  const headOf = (answer: string) => answer.slice(0, answer.indexOf('\r\n\r\n')).replace(/^Date.*$/m, '');
  expect(headOf(headed)).toBe(headOf(got));
  expect(bodyOf(headed)).toBe('');
});

test.each(['POST', 'PUT', 'DELETE', 'OPTIONS', 'PATCH', 'TRACE', 'PROPFIND'])(
  '%s is refused with 405',
  async (method) => {
    const { server } = await serve();
    const answer = await say(server.port, `${method} /data HTTP/1.1\r\n${HOST}\r\n\r\n`);
    expect(statusOf(answer)).toBe(405);
    expect(answer).toContain('\r\nAllow: GET, HEAD\r\n');
  },
);

test('a body is refused, and nobody is told to send one', async () => {
  const { server } = await serve();
  for (const head of [
    'Content-Length: 5',
    'Transfer-Encoding: chunked',
    'Content-Length: 5\r\nExpect: 100-continue',
  ]) {
    const answer = await say(server.port, `GET /data HTTP/1.1\r\n${HOST}\r\n${head}\r\n\r\n`);
    expect(statusOf(answer)).toBe(413);
  }
});

test('every answer forbids a page to load or run anything from elsewhere, to be framed, and to be kept', async () => {
  const { server } = await serve();
  for (const path of ['/', '/data', '/none', '/broken']) {
    const answer = await get(server.port, path, HOST);
    expect(answer).toContain(
      "\r\nContent-Security-Policy: default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; " +
        "img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'\r\n",
    );
    expect(answer).toContain('\r\nX-Content-Type-Options: nosniff\r\n');
    expect(answer).toContain('\r\nReferrer-Policy: no-referrer\r\n');
    expect(answer).toContain('\r\nCache-Control: no-store\r\n');
  }
});

test('a path is a name: what resolves to one, or is another name, is not found', async () => {
  const { server } = await serve();
  const targets = [
    '/data/',
    '//data',
    '/./data',
    '/x/../data',
    '/%64ata',
    '/DATA',
    '/data%00',
    'http://127.0.0.1/data',
  ];
  for (const target of [...targets, '*', '/../../etc/passwd', '/constructor', '/__proto__']) {
    expect(statusOf(await get(server.port, target, HOST)), target).toBe(404);
  }
});

test('a mistake in a route is a 500 without a word about it, and one line a second in the log', async () => {
  const { server, log } = await serve();
  for (let i = 0; i < 5; i += 1) {
    const answer = await get(server.port, '/broken', HOST);
    expect(statusOf(answer)).toBe(500);
    expect(answer).not.toContain('secret');
  }
  expect(log).toEqual(['error HTTP: the answer to /broken failed: a secret']);
  expect(statusOf(await get(server.port, '/data', HOST))).toBe(200);
});

test('without a token the name in Host must be an address, localhost or http_host', async () => {
  const { server } = await serve({ http_host: 'localhost' });
  const { port } = server;
  const own = ['127.0.0.1', '10.1.2.3:80', '[::1]', `[::1]:${port}`, 'localhost', `LOCALHOST:${port}`];
  for (const host of own) expect(statusOf(await get(port, '/data', `Host: ${host}`)), host).toBe(200);
  const others = [
    'evil.example',
    `evil.example:${port}`,
    '127.0.0.1.evil.example',
    'localhost.',
    '',
    '[x]',
    '1.2.3',
  ];
  for (const host of others) expect(statusOf(await get(port, '/data', `Host: ${host}`)), host).toBe(403);
  expect(statusOf(await say(port, 'GET /data HTTP/1.0\r\n\r\n'))).toBe(403);
});

test('http_host may be asked for by its name', async () => {
  const { server } = await serve({ http_host: 'LocalHost' });
  expect(statusOf(await get(server.port, '/', 'Host: localhost:1'))).toBe(200);
});

test('headers that come slowly are cut', async () => {
  const { server } = await serve({}, undefined, { headers_ms_max: 200, check_ms: 50 });
  for (const beginning of ['', 'GET /data HTTP/1.1\r\nHost: 127.0.0.1\r\nX: ']) {
    const socket = await dial(server.port);
    const drip = setInterval(() => socket.write('x'), 20);
    onTestFinished(() => clearInterval(drip));
    if (beginning === '') clearInterval(drip);
    socket.write(beginning);
    socket.resume();
    await closed(socket);
    clearInterval(drip);
  }
  expect(statusOf(await get(server.port, '/data', HOST))).toBe(200);
});

test('a request that is too large is refused', async () => {
  const { server } = await serve();
  expect(statusOf(await get(server.port, `/data?${'x'.repeat(40_000)}`, HOST))).toBe(431);
  expect(statusOf(await get(server.port, '/data', HOST, `X: ${'x'.repeat(40_000)}`))).toBe(431);
  expect(statusOf(await get(server.port, `/data?${'x'.repeat(30_000)}`, HOST))).toBe(200);
});

test('a connection that is idle is closed', async () => {
  const { server } = await serve({}, undefined, { keep_alive_ms_max: 50, check_ms: 50 });
  const answer = await say(server.port, `GET /data HTTP/1.1\r\n${HOST}\r\n\r\n`);
  expect(statusOf(answer)).toBe(200);
});

test('one connection serves one request after the other', async () => {
  const { server } = await serve();
  const socket = await dial(server.port);
  for (let i = 0; i < 100; i += 1) {
    socket.write(`GET /data?${i} HTTP/1.1\r\n${HOST}\r\n\r\n`);
    const [chunk] = await once(socket, 'data');
    expect(String(chunk)).toContain(`[["${i}",""]]`);
  }
});

test('requests that do not wait for their answers are cut', async () => {
  const { server } = await serve();
  const answer = await say(server.port, `GET /large HTTP/1.1\r\n${HOST}\r\n\r\n`.repeat(500));
  expect(answer.length).toBeLessThan(20_000_000);
  expect(statusOf(await get(server.port, '/data', HOST))).toBe(200);
});

test('a reader that does not read is cut, and others are answered meanwhile', async () => {
  const { server } = await serve({}, undefined, { idle_ms_max: 1_000 });
  const deaf = await dial(server.port);
  deaf.pause();
  deaf.write(`GET /large HTTP/1.1\r\n${HOST}\r\n\r\n`);
  expect(statusOf(await get(server.port, '/data', HOST))).toBe(200);
  expect(await holds(server.port, deaf)).toBe(true);
  await letGo(server.port, deaf);
});

test('a reader that reads too slowly is cut', async () => {
  const { server } = await serve({}, undefined, { answer_ms_max: 1_000 });
  const slow = await dial(server.port);
  slow.pause();
  const sips = setInterval(() => slow.read(1000), 20);
  onTestFinished(() => clearInterval(sips));
  slow.write(`GET /large HTTP/1.1\r\n${HOST}\r\n\r\n`);
  expect(await holds(server.port, slow)).toBe(true);
  await letGo(server.port, slow);
});

test('of many connections 64 are held, and a place that is free again is taken', async () => {
  const { server } = await serve();
  const sockets = await Promise.all(Array.from({ length: 64 }, () => dial(server.port)));
  const answers = sockets.map(async (socket) => {
    socket.write(`GET /data HTTP/1.1\r\n${HOST}\r\n\r\n`);
    const [chunk] = await once(socket, 'data');
    return statusOf(String(chunk));
  });
  expect(new Set(await Promise.all(answers))).toEqual(new Set([200]));
  expect(await get(server.port, '/data', HOST).catch(() => '')).toBe('');
  const gone = closed(sockets[0] as (typeof sockets)[0]);
  sockets[0]?.end();
  await gone;
  await expect.poll(() => get(server.port, '/data', HOST).then(statusOf)).toBe(200);
});

test('answers that are being made for those who went away are bounded', async () => {
  let asked = 0;
  let release = () => {};
  const held = new Promise<void>((resolve) => {
    release = resolve;
  });
  const slow = guarded(async () => {
    asked += 1;
    await held;
    return refusal(400, 'late');
  });
  const { server, log } = await serve({}, new Map([['/slow', slow]]));
  for (let i = 1; i <= 64; i += 1) {
    const socket = await dial(server.port);
    socket.write(`GET /slow HTTP/1.1\r\n${HOST}\r\n\r\n`);
    await expect.poll(() => asked, { interval: 2 }).toBe(i);
    const gone = closed(socket);
    socket.resetAndDestroy();
    await gone;
  }
  await expect.poll(() => get(server.port, '/slow', HOST).then(statusOf)).toBe(503);
  release();
  await expect.poll(() => get(server.port, '/slow', HOST).then(statusOf)).toBe(400);
  expect(log).toEqual([]);
});

test('a port that is taken, or a host that is not here, is one sentence and 73', async () => {
  const other = createServer();
  other.listen(0, '127.0.0.1');
  await once(other, 'listening');
  onTestFinished(() => void other.close());
  const { port } = other.address() as { port: number };
  const taken = await openError({ http_port: port });
  expect(taken.exit_code).toBe(73);
  expect(taken.sentences).toEqual([
    `The HTTP server cannot listen on 127.0.0.1, port ${port}: another program does. Choose another "http_port" (0: any free one).`,
  ]);
  const elsewhere = await openError({ http_host: '192.0.2.1' });
  expect(elsewhere.sentences.join()).toContain(
    'that is no address of this machine. Choose another "http_host".',
  );
});

test('closing cuts who is connected, and the port is free again', async () => {
  const { server } = await serve();
  const { port } = server;
  const idle = await dial(port);
  const deaf = await dial(port);
  idle.resume();
  deaf.resume();
  deaf.write(`GET /large HTTP/1.1\r\n${HOST}\r\n\r\n`);
  const ends = [closed(idle), closed(deaf)];
  await server.close();
  await Promise.all(ends);
  const again = await serve({ http_port: port });
  expect(again.server.port).toBe(port);
});

test('an address of IPv6 is written so that a browser takes it', async () => {
  const { server } = await serve({ http_host: '::1' });
  expect(server.url).toBe(`http://[::1]:${server.port}/`);
  expect((await fetch(`${server.url}data`)).status).toBe(200);
});
