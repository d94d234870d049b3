// What lies under the frames: headers, compression, TLS and proxies.

import { once } from 'node:events';
import { createServer } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { describe, expect, onTestFinished, test } from 'vitest';
import { WebSocketServer } from 'ws';
import { none } from '../../src/shared/protocols/none.js';
import { capture } from '../testing/captured.js';
import { CERTIFICATE } from '../testing/certificate.js';
import { readHourFiles } from '../testing/folder.js';
import { serve } from '../testing/served.js';

const data = (n: number) => `{"topic":"t","n":${n}}`;

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

test('a certificate that nobody vouches for is refused, and ca_file vouches for it', async () => {
  const server = await serve(undefined, { tls: CERTIFICATE });
  const stranger = await capture(server.url);
  await stranger.untilLogged(/self-signed certificate/);
  await stranger.stop();
  const c = await capture(server.url, {}, { ca: CERTIFICATE.cert });
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

describe.each([false, true])('through an HTTP proxy (TLS: %s)', (is_secure) => {
  const serveThrough = () => serve(undefined, is_secure ? { tls: CERTIFICATE } : {});
  const trust = is_secure ? { ca: CERTIFICATE.cert } : {};

  test('it is asked to connect, with its user, and everything comes through', async () => {
    const server = await serveThrough();
    const through = await proxy();
    const c = await capture(server.url, { proxy: through.url }, trust);
    const connection = await server.nextConnection();
    await connection.acceptSubscribe();
    for (let n = 1; n <= 500; n += 1) connection.sendText(data(n));
    await c.until('all written', (r) => r.messages === 501);
    expect(through.asked[0]?.target).toMatch(new RegExp(`:${server.port}$`));
    expect(through.asked[0]?.user).toBe(`Basic ${Buffer.from('user:p@ss').toString('base64')}`);
  });

  test('a message is dated by its receipt, and pongs alone keep the connection', async () => {
    const server = await serveThrough();
    const settings = {
      protocol: none,
      proxy: (await proxy()).url,
      ping_interval_ms: 100,
      stale_after_ms: 1_000,
    };
    const c = await capture(server.url, settings, trust);
    const connection = await server.nextConnection();
    const before_ms = Date.now();
    connection.sendText(data(1));
    const { last_message_at_ms } = await c.until('written', (r) => r.messages === 1);
    expect(last_message_at_ms).toBeGreaterThan(before_ms - 1_000);
    expect(last_message_at_ms).toBeLessThanOrEqual(Date.now());
    // As long as it takes to replace a connection on which no sign of life is seen, twice over.
    await expect.poll(() => connection.pings_at_ms.length, { timeout: 15_000 }).toBeGreaterThan(35);
    expect(c.report()).toMatchObject({ state: 'live', reconnects: 0 });
    await c.stop();
    const [hour_file = ''] = Object.keys(await readHourFiles(c.folder));
    expect(hour_file).toMatch(/^t_\d{10}\.jsonl$/);
  });
});

test('a proxy that refuses is named with its status', async () => {
  const server = await serve();
  const c = await capture(server.url, { proxy: (await proxy(407)).url });
  expect(await c.untilLogged(/proxy/)).toMatch(/the proxy 127\.0\.0\.1:\d+ answered CONNECT with status 407/);
});
