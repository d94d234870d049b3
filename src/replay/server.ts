// The feed: a WebSocket server that speaks Bybit v5's subscribe, unsubscribe and ping unless it is given another
// speech, and sends every subscriber the messages of its topics, byte for byte as the source gives them.
//
// It promises: a message goes out only after the acknowledgement of its topic; each connection has a cursor of
// its own, so a slow client slows only itself and costs at most 256 KiB and a batch of messages; nothing is ever
// dropped, and `on_send` sees exactly what was sent.

import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { WebSocketServer } from 'ws';
import { EXIT_BUSY, EXIT_USAGE, ExitError, errorCode, errorMessage } from '../shared/errors.js';
import { type ConnectionCounts, type ConnectionHost, FeedConnection } from './connection.js';
import { makePacer, type Pace } from './pace.js';
import type { Source } from './source.js';
import { bybitSpeech, type Speak } from './speech.js';

export type { ConnectionCounts } from './connection.js';
export type { Pace } from './pace.js';

export interface FeedOptions {
  readonly source: Source;
  readonly pace: Pace;
  /** Bybit v5's way is the default. */
  readonly speak?: Speak;
  /** Start over at the end of the data instead of closing the connection. */
  readonly loop?: boolean;
  readonly host?: string;
  /** 0, the default: a free one. */
  readonly port?: number;
  /**
   * Told of all that is handed to sockets, in that order, with its topic: an answer (acknowledgement, pong) has
   * the first one of its connection, unless its speech says another. The bytes are not to be changed.
   */
  readonly on_send?: (topic: string, message: Buffer) => void;
  /** Told once for each connection that has ended. */
  readonly on_end?: (connection: ConnectionCounts) => void;
  /** Told in a sentence why a connection's data ended early, or that none of it is for its topics. */
  readonly on_problem?: (sentence: string) => void;
}

export interface Feed {
  readonly url: string;
  /** Sends no new message from now on; resolves when the kernel has all that were sent. Answers go on. */
  pauseSending(): Promise<void>;
  /**
   * Closes every connection (1001) and stops listening; cuts after a second what does not answer. Resolves when
   * all have ended and `on_end` was told.
   */
  close(): Promise<void>;
}

const REQUEST_BYTES_MAX = 64 * 1024;
const CLOSE_MS_MAX = 1000;
const HTTP_UPGRADE_REQUIRED = 426;

/**
 * Resolves when the feed listens.
 * @throws ExitError when the port is taken (75), or the host or port cannot be listened on (64).
 */
export async function startFeed(options: FeedOptions): Promise<Feed> {
  const { source, pace, speak = () => bybitSpeech(source), loop = false } = options;
  const { host = '127.0.0.1', port = 0 } = options;
  const http = createServer((_request, response) => {
    response.writeHead(HTTP_UPGRADE_REQUIRED, { 'Content-Type': 'text/plain', Connection: 'close' });
    response.end('This is a WebSocket feed.\n');
  });
  await listen(http, host, port);
  const server = new WebSocketServer({
    server: http,
    maxPayload: REQUEST_BYTES_MAX,
    perMessageDeflate: false,
  });
  const live = new Set<FeedConnection>();
  let accepted = 0;
  let is_paused = false;
  const connection_host: ConnectionHost = {
    get is_paused() {
      return is_paused;
    },
    stream: { source, loop, makePacer: () => makePacer(pace) },
    speak,
    onSend: (topic, message) => options.on_send?.(topic, message),
    onProblem: (sentence) => options.on_problem?.(sentence),
  };

  server.on('error', (error) => options.on_problem?.(`No client can be accepted: ${errorMessage(error)}.`));
  server.on('connection', (ws, request) => {
    const connection = new FeedConnection(accepted, connection_host, ws, request);
    accepted += 1;
    live.add(connection);
    ws.on('close', () => {
      live.delete(connection);
      options.on_end?.(connection.counts());
    });
  });

  const bound = (http.address() as AddressInfo).port;
  return {
    url: `ws://${host.includes(':') ? `[${host}]` : host}:${bound}`,
    async pauseSending() {
      is_paused = true;
      await Promise.all([...live].map((connection) => connection.drained()));
    },
    close: () => close(http, server),
  };
}

function listen(http: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    http.once('listening', () => resolve());
    http.once('error', (error) => reject(sayWhy(error, host, port)));
    http.listen(port, host);
  });
}

function sayWhy(error: Error, host: string, port: number): ExitError {
  if (errorCode(error) === 'EADDRINUSE') {
    return new ExitError(EXIT_BUSY, [
      `Port ${port} of ${host} is in use: choose another with --port, or 0 for any free one.`,
    ]);
  }
  const why = errorMessage(error).replace(/^listen /, '');
  return new ExitError(EXIT_USAGE, [`${host}, port ${port}, cannot be listened on: ${why}.`]);
}

async function close(http: Server, server: WebSocketServer): Promise<void> {
  const closed = Promise.all([
    new Promise<void>((resolve) => http.close(() => resolve())),
    // Also takes no handshake any more: one that comes late is a request like any other.
    new Promise<void>((resolve) => server.close(() => resolve())),
  ]);
  for (const ws of server.clients) ws.close(1001, 'the feed ends');
  const timer = setTimeout(() => {
    for (const ws of server.clients) ws.terminate();
    // Whoever connected and never finished a request.
    http.closeAllConnections();
  }, CLOSE_MS_MAX);
  await closed;
  clearTimeout(timer);
}
