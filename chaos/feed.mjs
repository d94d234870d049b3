// The feed: a WebSocket server that speaks as Bybit does, sends numbered messages, each with its time of
// sending, and misbehaves on demand. It takes the topic from the path of the URL, so that it knows whose
// handshake it refuses.

import { once } from 'node:events';
import { createServer } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { WebSocket, WebSocketServer } from 'ws';
import { writeJunk } from './junk.mjs';
import { Sent } from './sent.mjs';

const TICK_MS = 10;
/** What a late tick may catch up with: a feed that was held up does not flood. */
const CATCH_UP_MS_MAX = 50;
/** A connection that does not take more is not sent more: as much waits in our memory. */
const UNSENT_BYTES_MAX = 512 * 1024;
const PORT_RETRY_MS = 50;

/**
 * @typedef {object} Channel one topic of the feed
 * @property {string} topic
 * @property {number} rate
 * @property {number} owed messages that are due
 * @property {Sent} sent
 * @property {Set<Line>} lines
 * @property {number} refusals so many subscriptions are refused
 * @property {number} ack_ms how long a confirmation takes
 * @property {boolean} is_silent nothing is sent, no pong either
 * @property {number} unavailable_until_ms handshakes are answered with 503
 *
 * @typedef {object} Line one connection
 * @property {WebSocket} socket
 * @property {import('./sent.mjs').ConnectionLife | null} life null: not confirmed
 */

export class Feed {
  /** @type {Map<string, Channel>} */
  channels = new Map();
  port = 0;
  #http = createServer();
  #sockets = new WebSocketServer({ noServer: true, perMessageDeflate: false });
  #timer;
  #ticked_at = 0;
  /** Restarts of the server that are under way: it is up again when the last of them is over. */
  #outages = 0;

  /** @param {readonly import('./topics.mjs').ChaosTopic[]} topics */
  constructor(topics) {
    for (const { topic, rate, pad_max } of topics) {
      this.channels.set(topic, {
        topic,
        rate,
        owed: 0,
        sent: new Sent(topic, pad_max),
        lines: new Set(),
        refusals: 0,
        ack_ms: 0,
        is_silent: false,
        unavailable_until_ms: 0,
      });
    }
  }

  async start() {
    await this.#listen(0);
    this.#ticked_at = performance.now();
    this.#timer = setInterval(() => this.#tick(), TICK_MS);
  }

  /** How many connections are open. */
  get open() {
    return [...this.channels.values()].reduce((sum, { lines }) => sum + lines.size, 0);
  }

  /** Stops listening and resets every connection. */
  goDown(cause) {
    this.#outages += 1;
    this.#http.close();
    for (const channel of this.channels.values()) this.reset(channel, cause);
  }

  async comeBack() {
    this.#outages -= 1;
    if (this.#outages === 0) await this.#listen(this.port);
  }

  async stop() {
    clearInterval(this.#timer);
    this.goDown('end');
    if (this.#http.listening) await once(this.#http, 'close');
  }

  /** A TCP reset of the topic's connections. */
  reset(channel, cause) {
    for (const line of channel.lines) {
      end(line, cause);
      line.socket._socket.resetAndDestroy();
    }
  }

  /** An orderly Close. */
  close(channel, code, cause) {
    for (const line of channel.lines) {
      end(line, cause);
      line.socket.close(code, 'chaos');
    }
  }

  /** From now on nothing passes on the topic's connections, though they stay open. */
  noteDead(channel, cause) {
    for (const line of channel.lines) end(line, cause);
  }

  /** Sends `count` messages at once. */
  flood(channel, count) {
    this.#send(channel, count, Date.now());
  }

  /** Sends something that no honest server sends; a kind that ends the connection is named as its cause. */
  junk(channel, kind) {
    for (const line of this.#confirmed(channel)) {
      const breaks = writeJunk(kind, line.socket, (write) => channel.sent.next(Date.now(), write));
      if (breaks) line.life.cause = 'junk';
    }
  }

  async #listen(port) {
    this.#http = createServer((_request, response) => response.writeHead(426).end());
    this.#http.on('upgrade', (request, socket, head) => this.#upgrade(request, socket, head));
    await this.#bind(port);
    this.port = this.#http.address().port;
  }

  /** In between, some client of the machine may have been given our port: it will not keep it for long. */
  async #bind(port) {
    for (;;) {
      this.#http.listen(port, '127.0.0.1');
      try {
        // `once` rejects on an error.
        await once(this.#http, 'listening');
        return;
      } catch (error) {
        if (error.code !== 'EADDRINUSE') throw error;
        await delay(PORT_RETRY_MS);
      }
    }
  }

  #upgrade(request, socket, head) {
    socket.on('error', () => {});
    const channel = this.channels.get(decodeURIComponent(request.url.slice(1)));
    if (channel === undefined || Date.now() < channel.unavailable_until_ms) {
      socket.end('HTTP/1.1 503 Chaos\r\nRetry-After: 1\r\nContent-Length: 0\r\nConnection: close\r\n\r\n');
      return;
    }
    this.#sockets.handleUpgrade(request, socket, head, (ws) => this.#serve(channel, ws));
  }

  #serve(channel, socket) {
    /** @type {Line} */
    const line = { socket, life: null };
    channel.lines.add(line);
    socket.on('error', () => {});
    socket.on('close', () => {
      end(line, 'peer');
      channel.lines.delete(line);
    });
    socket.on('message', (data) => {
      const request = JSON.parse(data.toString());
      if (request.op === 'subscribe') setTimeout(() => this.#answer(channel, line, request), channel.ack_ms);
      else if (request.op === 'ping' && !channel.is_silent) this.#pong(channel, line);
    });
  }

  #answer(channel, line, request) {
    const { sent } = channel;
    const success = channel.refusals === 0;
    const answer = { success, ret_msg: success ? '' : 'chaos refuses', conn_id: 'chaos' };
    const text = JSON.stringify({ ...answer, req_id: request.req_id, op: 'subscribe', t: Date.now() });
    if (line.socket.readyState !== WebSocket.OPEN) return;
    sent.extra.add(text);
    line.socket.send(text);
    if (!success) {
      channel.refusals -= 1;
      return;
    }
    line.life = { ack_ms: Date.now(), end_ms: null, cause: 'peer' };
    sent.lives.push(line.life);
  }

  #pong(channel, line) {
    const say = { success: true, ret_msg: 'pong', conn_id: 'chaos', req_id: '', op: 'ping' };
    const t = Date.now();
    if (line.life === null || line.socket.readyState !== WebSocket.OPEN) return;
    line.socket.send(channel.sent.next(t, (n) => JSON.stringify({ ...say, n, t })));
  }

  #confirmed(channel) {
    return [...channel.lines].filter(
      ({ life, socket }) => life !== null && socket.readyState === WebSocket.OPEN,
    );
  }

  #tick() {
    const now = performance.now();
    const elapsed_ms = Math.min(now - this.#ticked_at, CATCH_UP_MS_MAX);
    this.#ticked_at = now;
    const t_ms = Date.now();
    for (const channel of this.channels.values()) {
      channel.owed = Math.min(channel.owed + (channel.rate * elapsed_ms) / 1000, channel.rate + 1);
      const count = Math.floor(channel.owed);
      if (count === 0 || channel.is_silent) continue;
      channel.owed -= count;
      this.#send(channel, count, t_ms);
    }
  }

  #send(channel, count, t_ms) {
    const lines = this.#confirmed(channel);
    if (lines.length === 0 || lines.some(({ socket }) => socket.bufferedAmount > UNSENT_BYTES_MAX)) return;
    for (let i = 0; i < count; i += 1) {
      const text = channel.sent.next(t_ms);
      for (const { socket } of lines) socket.send(text);
    }
  }
}

/** @param {Line} line */
function end(line, cause) {
  if (line.life === null || line.life.end_ms !== null) return;
  line.life.end_ms = Date.now();
  if (line.life.cause === 'peer') line.life.cause = cause;
}
