// The scripted server's misbehaviour, each kind as a ws client sees it: other tests stand on it.

import { once } from 'node:events';
import { connect } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import {
  type HandshakeAnswer,
  type Script,
  type ScriptedConnection,
  type ScriptedServer,
  startScriptedServer,
} from '../testing/scripted-server.js';

const servers: ScriptedServer[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) await server.close();
});

async function start(script?: Script): Promise<ScriptedServer> {
  const server = await startScriptedServer(script);
  servers.push(server);
  return server;
}

/** A connected client and the server's side of it. */
async function connected(): Promise<{ client: WebSocket; connection: ScriptedConnection }> {
  const server = await start();
  const client = new WebSocket(server.url, { maxPayload: 1024 });
  const [connection] = await Promise.all([server.nextConnection(), once(client, 'open')]);
  return { client, connection };
}

async function errorOf(client: WebSocket): Promise<string> {
  const [error] = (await once(client, 'error')) as [Error & { code?: string }];
  return error.code ?? error.message;
}

/** What a client gets that connects while handshakes are answered with `answer`. */
async function errorOfHandshake(answer: HandshakeAnswer): Promise<string> {
  const server = await start();
  server.handshake = () => answer;
  return errorOf(new WebSocket(server.url, { handshakeTimeout: 200 }));
}

test('texts go both ways, and the server keeps what it received with its time', async () => {
  const { client, connection } = await connected();
  client.send('héllo');
  expect(await connection.nextMessage()).toBe('héllo');
  expect(connection.received).toEqual([{ at_ms: expect.any(Number), text: 'héllo' }]);
  connection.sendText('{"a":1}');
  const [data, is_binary] = await once(client, 'message');
  expect([String(data), is_binary]).toEqual(['{"a":1}', false]);
});

test('long messages arrive whole in both directions', async () => {
  const server = await start();
  const client = new WebSocket(server.url);
  const [connection] = await Promise.all([server.nextConnection(), once(client, 'open')]);
  for (const length of [125, 126, 65_535, 65_536, 300_000]) {
    client.send('x'.repeat(length));
    expect((await connection.nextMessage()).length).toBe(length);
    connection.sendText('y'.repeat(length));
    expect(String((await once(client, 'message'))[0]).length).toBe(length);
  }
});

test('a subscription is accepted or refused in the words given', async () => {
  const { client, connection } = await connected();
  client.send('{"op":"ping"}');
  client.send('{"op":"subscribe","req_id":"7","args":["a","b"]}');
  const [topics, [first]] = await Promise.all([connection.acceptSubscribe(), once(client, 'message')]);
  expect(topics).toEqual(['a', 'b']);
  expect(JSON.parse(String(first))).toMatchObject({ success: true, req_id: '7', op: 'subscribe' });
  client.send('{"op":"subscribe","req_id":"8","args":["c"]}');
  const [, [second]] = await Promise.all([connection.refuseSubscribe('no such c'), once(client, 'message')]);
  expect(JSON.parse(String(second))).toMatchObject({ success: false, ret_msg: 'no such c', req_id: '8' });
});

test('binary frames and fragments arrive as such', async () => {
  const { client, connection } = await connected();
  connection.sendBinary(Buffer.from([1, 2, 3]));
  expect(await once(client, 'message')).toEqual([Buffer.from([1, 2, 3]), true]);
  connection.sendFragments(['{"a":', '1', '}']);
  expect(String((await once(client, 'message'))[0])).toBe('{"a":1}');
});

test('protocol pings are answered in both directions', async () => {
  const { client, connection } = await connected();
  client.ping('p');
  expect(String((await once(client, 'pong'))[0])).toBe('p');
  expect(connection.pings_at_ms).toHaveLength(1);
  connection.ping('q');
  await once(client, 'ping');
  client.send('after');
  await connection.nextMessage();
  expect(connection.pongs_at_ms).toHaveLength(1);
});

test.each([
  ['sendWrongUtf8', 'WS_ERR_INVALID_UTF8', (c: ScriptedConnection) => c.sendWrongUtf8()],
  ['sendOversize', 'WS_ERR_UNSUPPORTED_MESSAGE_LENGTH', (c: ScriptedConnection) => c.sendOversize(2000)],
  ['sendMasked', 'WS_ERR_UNEXPECTED_MASK', (c: ScriptedConnection) => c.sendMasked('{}')],
  ['sendJunkFrame', 'WS_ERR_UNEXPECTED_RSV_2_3', (c: ScriptedConnection) => c.sendJunkFrame()],
  ['sendRaw', 'WS_ERR_INVALID_OPCODE', (c: ScriptedConnection) => c.sendRaw(Buffer.from([0x83, 0]))],
])('%s is a violation that ws names %s', async (_name, code, misbehave) => {
  const { client, connection } = await connected();
  const error = errorOf(client);
  misbehave(connection);
  expect(await error).toBe(code);
});

test('a close reaches the client with code and reason, and the answer comes back', async () => {
  const { client, connection } = await connected();
  connection.close(1012, 'restart');
  const [code, reason] = await once(client, 'close');
  expect([code, String(reason)]).toEqual([1012, 'restart']);
  expect(await connection.closed).toMatchObject({ code: 1012, reason: 'restart' });
});

test("a client's close is answered, and its code and reason are kept", async () => {
  const { client, connection } = await connected();
  client.close(4001, 'done');
  expect(await connection.closed).toMatchObject({ code: 4001, reason: 'done' });
  expect((await once(client, 'close'))[0]).toBe(4001);
});

test.each([
  ['hangUp', (c: ScriptedConnection) => c.hangUp()],
  ['reset', (c: ScriptedConnection) => c.reset()],
])('%s ends the connection without a Close', async (_name, end) => {
  const { client, connection } = await connected();
  client.on('error', () => undefined);
  end(connection);
  expect((await once(client, 'close'))[0]).toBe(1006);
  expect((await connection.closed).code).toBe(1006);
});

test('a silent server answers no ping and no Close, yet its socket stays open', async () => {
  const { client, connection } = await connected();
  connection.goSilent();
  let ponged = false;
  client.on('pong', () => {
    ponged = true;
  });
  client.ping();
  client.close(1000);
  await new Promise((resolve) => setTimeout(resolve, 100));
  expect([ponged, client.readyState, connection.is_open]).toEqual([false, WebSocket.CLOSING, true]);
  client.terminate();
});

test('a stalled server reads nothing until it is resumed', async () => {
  const { client, connection } = await connected();
  connection.stall();
  client.send('later');
  await expect(connection.nextMessage(100)).rejects.toThrow('No message of the client within 100 ms.');
  connection.resume();
  expect(await connection.nextMessage()).toBe('later');
});

test('what a client does not read piles up at the server, and is flushed when it reads again', async () => {
  const { client, connection } = await connected();
  client.pause();
  for (let i = 0; i < 20_000; i += 1) connection.sendText('z'.repeat(1000));
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(connection.unsent_bytes).toBeGreaterThan(1_000_000);
  client.resume();
  await connection.flushed();
  expect(connection.unsent_bytes).toBe(0);
});

test.each<[HandshakeAnswer, string]>([
  ['never', 'Opening handshake has timed out'],
  ['hang-up', 'ECONNRESET'],
  ['reset', 'ECONNRESET'],
  [{ accept_after_ms: 1000 }, 'Opening handshake has timed out'],
  [{ raw: 'SSH-2.0-nonsense\r\n' }, 'HPE_INVALID_CONSTANT'],
])('a handshake answered with %j fails at the client with: %s', async (answer, code) => {
  expect(await errorOfHandshake(answer)).toBe(code);
});

test('a handshake may be answered late', async () => {
  const server = await start();
  server.handshake = () => ({ accept_after_ms: 50 });
  const client = new WebSocket(server.url);
  await once(client, 'open');
  expect(Date.now() - (server.handshakes[0]?.at_ms ?? 0)).toBeGreaterThanOrEqual(49);
});

test('a handshake may be answered with an HTTP status and headers', async () => {
  const server = await start();
  server.handshake = ({ number }) =>
    number === 0 ? { status: 429, headers: { 'Retry-After': '2' }, body: 'slow down' } : 'accept';
  const client = new WebSocket(`${server.url}/v5?x=1`, { headers: { 'X-Key': 'k' } });
  const [, response] = await once(client, 'unexpected-response');
  expect([response.statusCode, response.headers['retry-after']]).toEqual([429, '2']);
  await once(new WebSocket(server.url), 'open');
  expect(server.handshakes.map((h) => h.target)).toEqual(['/v5?x=1', '/']);
  expect(server.handshakes[0]?.headers['x-key']).toBe('k');
  expect(server.connections).toHaveLength(1);
});

test('a server that refuses connections keeps those it has, and comes back on its port', async () => {
  const server = await start();
  const client = new WebSocket(server.url);
  const [connection] = await Promise.all([server.nextConnection(), once(client, 'open')]);
  server.refuseConnections();
  expect(await errorOf(new WebSocket(server.url))).toBe('ECONNREFUSED');
  client.send('still here');
  expect(await connection.nextMessage()).toBe('still here');
  await server.acceptConnections();
  await once(new WebSocket(server.url), 'open');
});

test('a script serves each connection, and its mistake is thrown at the end', async () => {
  const server = await startScriptedServer((connection) => {
    connection.sendText(`number ${connection.request.number}`);
    throw new Error('a mistake in the script');
  });
  const client = new WebSocket(server.url);
  expect(String((await once(client, 'message'))[0])).toBe('number 0');
  await expect(server.close()).rejects.toThrow('a mistake in the script');
});

test('a script that waits for a client which leaves ends quietly', async () => {
  const server = await startScriptedServer(async (connection) => {
    await connection.nextMessage();
  });
  const client = new WebSocket(server.url);
  await once(client, 'open');
  client.terminate();
  await server.connections[0]?.closed;
  await server.close();
});

test('a peer that sends no handshake at all is cut when the server is closed', async () => {
  const server = await startScriptedServer();
  const socket = connect(server.port, '127.0.0.1');
  await once(socket, 'connect');
  socket.on('error', () => undefined);
  await server.close();
  await once(socket, 'close');
});
