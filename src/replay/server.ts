// The feed: a WebSocket server that speaks Bybit v5's subscribe, unsubscribe and ping, and sends every subscriber
// the messages of its topics, byte for byte as the source gives them.
//
// It promises: a message goes out only after the acknowledgement of its topic; each connection has a cursor of
// its own, so a slow client slows only itself and costs at most 256 KiB and a batch of messages; what was sent
// to whom is counted exactly.

import type { AddressInfo } from 'node:net';
import { WebSocketServer } from 'ws';
import { EXIT_BUSY, EXIT_USAGE, ExitError, errorCode, errorMessage } from '../shared/errors.js';
import { type ConnectionCounts, type ConnectionHost, FeedConnection } from './connection.js';
import { makePacer, type Pace } from './pace.js';
import type { Source } from './source.js';

export type { ConnectionCounts } from './connection.js';
export type { Pace } from './pace.js';

export interface FeedOptions {
  readonly source: Source;
  readonly pace: Pace;
  /** Start over at the end of the data instead of closing the connection. */
  readonly loop?: boolean;
  readonly host?: string;
  /** 0, the default: a free one. */
  readonly port?: number;
  /**
   * Told of all that is handed to sockets, in that order, with its topic: an answer (acknowledgement, pong) has
   * the first one of its connection. The bytes are not to be changed.
   */
  readonly on_send?: (topic: string, message: Buffer) => void;
  /** Told once for each connection that has ended. */
  readonly on_end?: (connection: ConnectionCounts) => void;
  /** Told in a sentence why a connection's data ended early. */
  readonly on_problem?: (sentence: string) => void;
}

export interface FeedRequest {
  readonly at_ms: number;
  readonly connection: number;
  readonly text: string;
}

export interface Feed {
  readonly url: string;
  readonly port: number;
  /** The first 10,000 texts that clients sent, whatever they were. */
  readonly requests: readonly FeedRequest[];
  /** Messages of the topic that were handed to sockets, over all connections; answers are not among them. */
  sent(topic: string): number;
  /** Answers (acknowledgements, pongs) to those of `connections()` whose first topic this was. */
  answered(topic: string): number;
  /** The last 1,000 connections, ended ones too. */
  connections(): readonly ConnectionCounts[];
  /** Sends no new message from now on; resolves when the kernel has all that were sent. Answers go on. */
  pauseSending(): Promise<void>;
  /** Closes every connection (1001) and stops listening; cuts after a second what does not answer. */
  close(): Promise<void>;
}

const REQUESTS_MAX = 10_000;
const CONNECTIONS_MAX = 1000;
const REQUEST_BYTES_MAX = 64 * 1024;
const CLOSE_MS_MAX = 1000;

/**
 * Resolves when the feed listens.
 * @throws ExitError when the port is taken (75), or the host or port cannot be listened on (64).
 */
export async function startFeed(options: FeedOptions): Promise<Feed> {
  const { source, pace, loop = false, host = '127.0.0.1', port = 0 } = options;
  const server = await listen(host, port);
  const requests: FeedRequest[] = [];
  const live = new Set<FeedConnection>();
  const connections = new Map<number, ConnectionCounts>();
  const sent = new Map<string, number>();
  let accepted = 0;
  let is_paused = false;

  server.on('connection', (ws, request) => {
    const number = accepted;
    accepted += 1;
    const connection_host: ConnectionHost = {
      get is_paused() {
        return is_paused;
      },
      stream: { source, loop, makePacer: () => makePacer(pace) },
      onRequest(text) {
        if (requests.length < REQUESTS_MAX) requests.push({ at_ms: Date.now(), connection: number, text });
      },
      onSent(topic, message) {
        sent.set(topic, (sent.get(topic) ?? 0) + 1);
        options.on_send?.(topic, message);
      },
      onAnswered: (topic, answer) => options.on_send?.(topic, answer),
      onProblem: (sentence) => options.on_problem?.(sentence),
    };
    const connection = new FeedConnection(number, connection_host, ws, request);
    live.add(connection);
    connections.set(number, connection);
    connections.delete(number - CONNECTIONS_MAX);
    ws.on('close', () => {
      live.delete(connection);
      const counts = connection.counts();
      if (connections.has(number)) connections.set(number, counts);
      options.on_end?.(counts);
    });
  });

  const bound = (server.address() as AddressInfo).port;
  return {
    url: `ws://${host.includes(':') ? `[${host}]` : host}:${bound}`,
    port: bound,
    requests,
    connections: () => [...connections.values()],
    sent: (topic) => sent.get(topic) ?? 0,
    answered(topic) {
      const of_topic = [...connections.values()].filter((c) => c.topics[0] === topic);
      return of_topic.reduce((sum, c) => sum + c.answers, 0);
    },
    async pauseSending() {
      is_paused = true;
      await Promise.all([...live].map((connection) => connection.drained()));
    },
    close: () => close(server),
  };
}

function listen(host: string, port: number): Promise<WebSocketServer> {
  return new Promise((resolve, reject) => {
    const server = new WebSocketServer({
      host,
      port,
      maxPayload: REQUEST_BYTES_MAX,
      perMessageDeflate: false,
    });
    server.once('listening', () => resolve(server));
    server.once('error', (error) => reject(sayWhy(error, host, port)));
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

async function close(server: WebSocketServer): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  for (const ws of server.clients) ws.close(1001, 'the feed ends');
  const timer = setTimeout(() => {
    for (const ws of server.clients) ws.terminate();
  }, CLOSE_MS_MAX);
  await closed;
  clearTimeout(timer);
}
