// The network between the feed and one topic's capture: a TCP proxy that can stop forwarding without closing
// anything, and delay what comes from the server. It passes on how a side ended: an end, or a reset.

import { once } from 'node:events';
import { connect, createServer } from 'node:net';

export class TcpProxy {
  port = 0;
  /** How long the server's bytes are held back. */
  delay_ms = 0;
  #feed;
  #server;
  /** @type {Set<Wire>} */
  #wires = new Set();

  /** @param {{ port: number }} feed */
  constructor(feed) {
    this.#feed = feed;
    this.#server = createServer((client) => {
      const server = connect({ host: '127.0.0.1', port: this.#feed.port, noDelay: true });
      const wire = new Wire(client, server, () => this.delay_ms);
      this.#wires.add(wire);
      client.on('close', () => this.#wires.delete(wire));
    });
  }

  async start() {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    this.port = this.#server.address().port;
  }

  /** The network swallows everything from now on, both ways, on the connections that are open. */
  cut() {
    for (const wire of this.#wires) wire.cut();
  }

  stop() {
    this.#server.close();
    for (const wire of this.#wires) wire.destroy();
  }
}

/** One connection through the proxy. */
class Wire {
  #client;
  #server;
  #is_cut = false;
  /** What is on its way to the client; `bytes` null: the end. @type {{ bytes: Buffer | null, due_at: number }[]} */
  #flight = [];
  #timer;
  #was_reset = false;

  constructor(client, server, delayMs) {
    this.#client = client;
    this.#server = server;
    client.setNoDelay(true);
    client.on('error', () => {});
    client.on('data', (bytes) => {
      if (!this.#is_cut) server.write(bytes);
    });
    client.on('drain', () => server.resume());
    client.on('close', () => this.destroy());
    const fly = (bytes) => {
      this.#flight.push({ bytes, due_at: performance.now() + delayMs() });
      this.#deliver();
    };
    server.on('error', (error) => {
      this.#was_reset = error.code === 'ECONNRESET';
    });
    server.on('data', fly);
    server.on('close', () => fly(null));
  }

  cut() {
    this.#is_cut = true;
  }

  destroy() {
    clearTimeout(this.#timer);
    this.#flight = [];
    this.#client.destroy();
    this.#server.destroy();
  }

  /** In order, each piece when it is due. */
  #deliver() {
    clearTimeout(this.#timer);
    while (this.#flight.length > 0) {
      const [{ bytes, due_at }] = this.#flight;
      const wait_ms = due_at - performance.now();
      if (wait_ms > 0) {
        this.#timer = setTimeout(() => this.#deliver(), wait_ms);
        return;
      }
      this.#flight.shift();
      if (this.#is_cut) continue;
      if (bytes === null) this.#end();
      else if (!this.#client.write(bytes)) this.#server.pause();
    }
  }

  #end() {
    if (this.#was_reset) this.#client.resetAndDestroy();
    else this.#client.end();
  }
}
