// A raw WebSocket server that does exactly what a test tells it, including what no honest server does.
//
//   const server = await startScriptedServer();            // or with a script for every connection, see below
//   …let the client under test connect to server.url…
//   const connection = await server.nextConnection();      // each accepted connection once, in order
//   await connection.acceptSubscribe();                    // Bybit's subscribe, confirmed; gives the topics
//   connection.sendText('{"topic":"t","data":1}');
//   connection.close(1001, 'maintenance');                 // or hangUp(), reset(), goSilent(), stall(), …
//   const { code, reason } = await connection.closed;      // what the client's own Close said
//   await server.close();
//
// With a script each connection is served by it:
//
//   startScriptedServer(async (connection) => {
//     await connection.acceptSubscribe();
//     for (const line of lines) connection.sendText(line);
//   });
//
// A script ends quietly when its connection closes; any other error of a script is thrown by `server.close()`.
//
// Handshakes are accepted unless `server.handshake` (an option too) says otherwise; it may be changed at any time:
//
//   server.handshake = () => ({ status: 429, headers: { 'Retry-After': '2' } });
//   server.handshake = ({ number }) => (number < 3 ? 'reset' : 'accept');
//
// `server.handshakes` lists every handshake with its time, accepted or not. `refuseConnections()` stops listening
// (the client sees ECONNREFUSED; open connections live on), `acceptConnections()` listens again on the same port.
// There is no permessage-deflate here: take ws's own server for that. With TLS a reset is a mere destroy.

import { createHash } from 'node:crypto';
import { type AddressInfo, createServer as createTcpServer, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import { Inbox } from './inbox.js';
import { type HandshakeRequest, resetSocket, ScriptedConnection } from './scripted-connection.js';

export type { Ended, HandshakeRequest, OpRequest, ReceivedText } from './scripted-connection.js';
export { ScriptedConnection } from './scripted-connection.js';

/**
 * `never`: no answer, the socket stays open. `hang-up`: the socket is ended without an answer. `reset`: a TCP
 * reset. `accept_after_ms`: accepted, late. `status`: an HTTP answer instead. `raw`: these bytes instead.
 */
export type HandshakeAnswer =
  | 'accept'
  | 'never'
  | 'hang-up'
  | 'reset'
  | { readonly accept_after_ms: number }
  | { readonly status: number; readonly headers?: Readonly<Record<string, string>>; readonly body?: string }
  | { readonly raw: string };

export type Script = (connection: ScriptedConnection) => void | Promise<void>;

export interface ScriptedServerOptions {
  /** 0, the default: a free one. */
  readonly port?: number;
  /** PEM texts: the server then speaks wss. */
  readonly tls?: { readonly cert: string; readonly key: string };
  readonly handshake?: (request: HandshakeRequest) => HandshakeAnswer;
}

export interface ScriptedServer {
  /** `ws://127.0.0.1:PORT`, or `wss://localhost:PORT` with TLS. */
  readonly url: string;
  readonly port: number;
  /** How handshakes are answered from now on. */
  handshake: (request: HandshakeRequest) => HandshakeAnswer;
  /** Every handshake so far, accepted or not. */
  readonly handshakes: readonly HandshakeRequest[];
  /** Every accepted connection so far, closed ones too. */
  readonly connections: readonly ScriptedConnection[];
  /** The next accepted connection that no one took yet. */
  nextConnection(timeout_ms?: number): Promise<ScriptedConnection>;
  /** The next handshake, accepted or not, that no one took yet. */
  nextHandshake(timeout_ms?: number): Promise<HandshakeRequest>;
  refuseConnections(): void;
  acceptConnections(): Promise<void>;
  /** Cuts what is open, and throws the first error of a script. */
  close(): Promise<void>;
}

const HEAD_BYTES_MAX = 64 * 1024;

/** Listens on 127.0.0.1 and resolves when it does. */
export async function startScriptedServer(
  script?: Script,
  options: ScriptedServerOptions = {},
): Promise<ScriptedServer> {
  const handshakes: HandshakeRequest[] = [];
  const connections: ScriptedConnection[] = [];
  const accepted = new Inbox<ScriptedConnection>('connection');
  const requested = new Inbox<HandshakeRequest>('handshake');
  const sockets = new Set<Socket>();
  const script_errors: unknown[] = [];
  let running_scripts: Promise<void>[] = [];

  function onSocket(socket: Socket): void {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
    socket.on('error', () => socket.destroy());
    readHead(socket, (head, rest) => {
      const request = parseHead(head, handshakes.length);
      handshakes.push(request);
      answerHandshake(socket, server.handshake(request), () => {
        if (!socket.writable) return;
        socket.write(acceptance(request));
        const connection = new ScriptedConnection(socket, request);
        connections.push(connection);
        if (script === undefined) accepted.push(connection);
        else running_scripts.push(runScript(script, connection));
        if (rest.length > 0) socket.unshift(rest);
        socket.resume();
      });
      requested.push(request);
    });
  }

  async function runScript(serve: Script, connection: ScriptedConnection): Promise<void> {
    try {
      await serve(connection);
    } catch (error) {
      if (connection.is_open) script_errors.push(error);
    }
  }

  const listen = (port: number): Promise<Server> => {
    const { tls } = options;
    const listener = tls === undefined ? createTcpServer(onSocket) : createTlsServer({ ...tls }, onSocket);
    // A client that does not trust the certificate ends the handshake with an alert: that is its right.
    listener.on('tlsClientError', () => undefined);
    return new Promise((resolve, reject) => {
      listener.once('error', reject);
      listener.listen(port, '127.0.0.1', () => resolve(listener));
    });
  };

  let listener: Server | null = await listen(options.port ?? 0);
  const { port } = listener.address() as AddressInfo;
  const server: ScriptedServer = {
    url: options.tls === undefined ? `ws://127.0.0.1:${port}` : `wss://localhost:${port}`,
    port,
    handshake: options.handshake ?? (() => 'accept'),
    handshakes,
    connections,
    nextConnection: (timeout_ms) => accepted.next(timeout_ms),
    nextHandshake: (timeout_ms) => requested.next(timeout_ms),
    refuseConnections() {
      listener?.close();
      listener = null;
    },
    async acceptConnections() {
      listener ??= await listen(port);
    },
    async close() {
      server.refuseConnections();
      accepted.end('the server is closed');
      requested.end('the server is closed');
      for (const socket of sockets) socket.destroy();
      await Promise.all(connections.map((connection) => connection.closed));
      await Promise.all(running_scripts);
      running_scripts = [];
      if (script_errors.length > 0) throw script_errors[0];
    },
  };
  return server;
}

/** Collects the request's head; what follows it belongs to the frames. */
function readHead(socket: Socket, done: (head: string, rest: Buffer) => void): void {
  let bytes = Buffer.alloc(0);
  const onData = (chunk: Buffer): void => {
    bytes = Buffer.concat([bytes, chunk]);
    const end = bytes.indexOf('\r\n\r\n');
    if (end === -1) {
      if (bytes.length > HEAD_BYTES_MAX) socket.destroy();
      return;
    }
    socket.off('data', onData);
    socket.pause();
    done(bytes.toString('latin1', 0, end), bytes.subarray(end + 4));
  };
  socket.on('data', onData);
}

function parseHead(head: string, number: number): HandshakeRequest {
  const [first = '', ...lines] = head.split('\r\n');
  const headers: Record<string, string> = {};
  for (const line of lines) {
    const colon = line.indexOf(':');
    headers[line.slice(0, colon).toLowerCase()] = line.slice(colon + 1).trim();
  }
  return { number, at_ms: Date.now(), target: first.split(' ')[1] ?? '', headers };
}

function answerHandshake(socket: Socket, answer: HandshakeAnswer, accept: () => void): void {
  // Where no one reads, the client's end would go unnoticed.
  if (answer !== 'accept') socket.resume();
  if (answer === 'never') return;
  if (answer === 'accept') accept();
  else if (answer === 'hang-up') socket.end();
  else if (answer === 'reset') resetSocket(socket);
  else if ('accept_after_ms' in answer) setTimeout(accept, answer.accept_after_ms);
  else if ('raw' in answer) socket.end(answer.raw);
  else {
    const { status, headers = {}, body = '' } = answer;
    const fields = { 'Content-Length': String(Buffer.byteLength(body)), Connection: 'close', ...headers };
    const lines = Object.entries(fields).map(([name, value]) => `${name}: ${value}\r\n`);
    socket.end(`HTTP/1.1 ${status} Scripted\r\n${lines.join('')}\r\n${body}`);
  }
}

function acceptance(request: HandshakeRequest): string {
  const key = request.headers['sec-websocket-key'] ?? '';
  const accept = createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64');
  return [
    'HTTP/1.1 101 Switching Protocols',
    'Upgrade: websocket',
    'Connection: Upgrade',
    `Sec-WebSocket-Accept: ${accept}`,
    '\r\n',
  ].join('\r\n');
}
