// A feed whose messages are numbered: for each topic the numbers go on over all connections, and the feed
// remembers when it sent each, so that a test can say which message is missing and whether it may be.

import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';
import { type WebSocket, WebSocketServer } from 'ws';

export interface FeedConnection {
  readonly topic: string;
  readonly socket: WebSocket;
}

export interface NumberedFeed {
  readonly url: string;
  /** All subscriptions that there ever were, in their order; several may be of one socket. */
  readonly connections: readonly FeedConnection[];
  /** The topics of each subscribe request. */
  readonly requests: readonly (readonly string[])[];
  /** The newest number of a topic; the first is 1. */
  last(topic: string): number;
  /** When a number was sent, Unix milliseconds. */
  sentAt(topic: string, n: number): number;
  /** Stops or resumes the sending; connections stay. */
  sending: boolean;
}

export interface FeedShape {
  /** Messages for each subscriber each 10 ms. */
  readonly per_tick?: number;
  /** Bytes added to each message. */
  readonly padding?: number;
}

/** So much may wait in a socket: a subscriber that does not read is sent nothing more. */
const WAITING_BYTES_MAX = 1024 * 1024;

/** Speaks Bybit v5's subscribe and ping; sends nothing before it has acknowledged. Closed when the test ends. */
export async function startNumberedFeed({
  per_tick = 5,
  padding = 0,
}: FeedShape = {}): Promise<NumberedFeed> {
  const server = new WebSocketServer({ host: '127.0.0.1', port: 0 });
  await once(server, 'listening');
  const connections: FeedConnection[] = [];
  const requests: string[][] = [];
  /** Those that were unsubscribed. */
  const ended = new Set<FeedConnection>();
  const sent_at = new Map<string, number[]>();
  const timesOf = (topic: string) => {
    const times = sent_at.get(topic) ?? [];
    sent_at.set(topic, times);
    return times;
  };
  const pad = padding > 0 ? `,"pad":"${'x'.repeat(padding)}"` : '';
  server.on('connection', (socket) => {
    socket.on('error', () => {});
    socket.on('message', (data) => {
      const { op, req_id, args } = JSON.parse(data.toString());
      if (op === 'ping') {
        socket.send(JSON.stringify({ success: true, ret_msg: 'pong', conn_id: 'c', req_id: '', op: 'ping' }));
        return;
      }
      socket.send(JSON.stringify({ success: true, ret_msg: '', conn_id: 'c', req_id, op }));
      for (const topic of args as string[]) {
        const at = connections.findIndex((each) => each.topic === topic && each.socket === socket);
        if (op === 'unsubscribe') ended.add(connections[at] as FeedConnection);
        else if (at === -1 || ended.has(connections[at] as FeedConnection))
          connections.push({ topic, socket });
      }
      if (op === 'subscribe') requests.push(args);
    });
  });
  const feed: NumberedFeed = {
    url: `ws://127.0.0.1:${(server.address() as AddressInfo).port}`,
    connections,
    requests,
    sending: true,
    last: (topic) => timesOf(topic).length,
    sentAt: (topic, n) => timesOf(topic)[n - 1] ?? 0,
  };
  const timer = setInterval(() => {
    if (!feed.sending) return;
    for (const connection of connections) {
      if (ended.has(connection)) continue;
      const { topic, socket } = connection;
      const times = timesOf(topic);
      for (let i = 0; i < per_tick; i += 1) {
        if (socket.readyState !== 1 || socket.bufferedAmount > WAITING_BYTES_MAX) break;
        times.push(Date.now());
        socket.send(`{"topic":"${topic}","n":${times.length}${pad}}`);
      }
    }
  }, 10);
  onTestFinished(async () => {
    clearInterval(timer);
    for (const client of server.clients) client.terminate();
    await new Promise((resolve) => server.close(resolve));
  });
  return feed;
}
