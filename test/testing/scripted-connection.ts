// One accepted connection of the scripted server: everything a server may do to a client, well or badly, each
// by one method. See scripted-server.ts for how a test gets one.
//
// By itself it answers protocol pings (`answers_pings`) and a Close (`answers_close`); the rest is the test's.

import type { IncomingHttpHeaders } from 'node:http';
import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import { closePayload, encodeFrame, type Frame, type FrameOptions, FrameReader, OPCODE } from './frames.js';
import { Inbox } from './inbox.js';

export interface HandshakeRequest {
  /** Which handshake this is, from 0. */
  readonly number: number;
  readonly at_ms: number;
  /** The request's target: path and query. */
  readonly target: string;
  readonly headers: IncomingHttpHeaders;
}

/** How a connection ended, as the server saw it. */
export interface Ended {
  /** The code of the client's Close frame; 1005: a Close without a code; 1006: none came. */
  readonly code: number;
  readonly reason: string;
  readonly at_ms: number;
}

export interface ReceivedText {
  readonly at_ms: number;
  readonly text: string;
}

/** A request in Bybit's form, as the client sent it. */
export interface OpRequest {
  readonly op: string;
  readonly req_id?: string;
  readonly args?: readonly string[];
}

const RECEIVED_MAX = 100_000;

export class ScriptedConnection {
  /** Every text the client sent (the first 100,000), whether a test took it or not. */
  readonly received: ReceivedText[] = [];
  /** When each protocol ping and pong of the client came. */
  readonly pings_at_ms: number[] = [];
  readonly pongs_at_ms: number[] = [];
  /** Resolves when the socket is closed; while stalled or silent the client's end goes unnoticed. */
  readonly closed: Promise<Ended>;
  answers_pings = true;
  answers_close = true;
  readonly #socket: Socket;
  readonly #reader = new FrameReader();
  readonly #messages = new Inbox<string>('message of the client');
  #fragments: Buffer[] = [];
  #close_sent = false;
  #close_received: { code: number; reason: string } | null = null;

  constructor(
    socket: Socket,
    readonly request: HandshakeRequest,
  ) {
    this.#socket = socket;
    socket.on('data', (chunk) => {
      for (const frame of this.#reader.read(chunk)) this.#onFrame(frame);
    });
    // A reset is how some scripts end; `closed` tells.
    socket.on('error', () => socket.destroy());
    this.closed = new Promise((resolve) => {
      socket.once('close', () => {
        this.#messages.end('the connection is closed');
        const { code, reason } = this.#close_received ?? { code: 1006, reason: '' };
        resolve({ code, reason, at_ms: Date.now() });
      });
    });
  }

  get is_open(): boolean {
    return !this.#socket.destroyed;
  }

  // What the client sends.

  /** The next text of the client that no one took yet. Rejects when the connection closes first. */
  nextMessage(timeout_ms?: number): Promise<string> {
    return this.#messages.next(timeout_ms);
  }

  /** Waits for the next request `op` in Bybit's form; other texts before it are passed over. */
  async nextRequest(op: string, timeout_ms?: number): Promise<OpRequest> {
    for (;;) {
      const request = parseRequest(await this.nextMessage(timeout_ms));
      if (request?.op === op) return request;
    }
  }

  /** Waits for a subscribe request, confirms it as Bybit does, and returns its topics. */
  async acceptSubscribe(timeout_ms?: number): Promise<readonly string[]> {
    const request = await this.nextRequest('subscribe', timeout_ms);
    this.answer(request, true, '');
    return request.args ?? [];
  }

  /** Waits for a subscribe request and refuses it with `words`. */
  async refuseSubscribe(words: string, timeout_ms?: number): Promise<void> {
    this.answer(await this.nextRequest('subscribe', timeout_ms), false, words);
  }

  /** Bybit's answer to a request. */
  answer(request: OpRequest, success: boolean, ret_msg: string): void {
    const { op, req_id = '' } = request;
    this.sendText(JSON.stringify({ success, ret_msg, conn_id: 'scripted', req_id, op }));
  }

  // What the server sends. Nothing is sent, and nothing thrown, once the socket is closed.

  sendText(text: string | Buffer): void {
    this.sendFrame({ opcode: OPCODE.text, payload: Buffer.from(text) });
  }

  sendBinary(payload: Buffer): void {
    this.sendFrame({ opcode: OPCODE.binary, payload });
  }

  /** One message in several frames. */
  sendFragments(parts: readonly (string | Buffer)[], opcode: number = OPCODE.text): void {
    parts.forEach((part, i) => {
      const fin = i === parts.length - 1;
      this.sendFrame({ opcode: i === 0 ? opcode : OPCODE.continuation, payload: Buffer.from(part), fin });
    });
  }

  /** A text frame whose bytes are not UTF-8. */
  sendWrongUtf8(): void {
    this.sendText(Buffer.from([0x7b, 0xff, 0xfe, 0x7d]));
  }

  /** A text frame whose header claims `claimed_bytes`; only its first bytes follow. */
  sendOversize(claimed_bytes: number): void {
    this.sendFrame({ opcode: OPCODE.text, payload: Buffer.from('{"topic":'), claimed_bytes });
  }

  /** A text frame masked as only a client may. */
  sendMasked(text: string): void {
    this.sendFrame({ opcode: OPCODE.text, payload: Buffer.from(text), masked: true });
  }

  /** A frame of an opcode that does not exist, with reserved bits set. */
  sendJunkFrame(): void {
    this.sendFrame({ opcode: 0x0b, payload: Buffer.from('junk'), rsv: 7 });
  }

  ping(payload = ''): void {
    this.sendFrame({ opcode: OPCODE.ping, payload: Buffer.from(payload) });
  }

  /** Any frame, legal or not. */
  sendFrame(frame: FrameOptions): void {
    this.sendRaw(encodeFrame(frame));
  }

  /** Bytes as they are, a frame's beginning for instance. */
  sendRaw(bytes: Buffer): void {
    if (this.#socket.writable) this.#socket.write(bytes);
  }

  /** Resolves when everything sent so far is with the kernel, or the socket is closed. */
  flushed(): Promise<void> {
    return new Promise((resolve) => {
      if (!this.#socket.writable) resolve();
      else this.#socket.write(Buffer.alloc(0), () => resolve());
    });
  }

  /** Bytes that the kernel did not take yet: they grow while a client does not read. */
  get unsent_bytes(): number {
    return this.#socket.writableLength;
  }

  // How a server ends.

  /** Sends a Close and ends the socket once the client has answered it. */
  close(code?: number, reason?: string): void {
    this.#close_sent = true;
    this.sendFrame({ opcode: OPCODE.close, payload: closePayload(code, reason) });
    if (this.#close_received !== null) this.#socket.end();
  }

  /** Ends the TCP connection in order (FIN), without a Close. */
  hangUp(): void {
    this.#socket.end();
  }

  /** Ends the TCP connection with a reset. */
  reset(): void {
    resetSocket(this.#socket);
  }

  /** Stops reading; everything else works. The client's sends pile up until `resume`. */
  stall(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  /** Half-open: the socket stays, nothing is read or answered any more. */
  goSilent(): void {
    this.answers_pings = false;
    this.answers_close = false;
    this.stall();
  }

  #onFrame(frame: Frame): void {
    if (frame.opcode === OPCODE.ping) {
      this.pings_at_ms.push(Date.now());
      if (this.answers_pings) this.sendFrame({ opcode: OPCODE.pong, payload: frame.payload });
    } else if (frame.opcode === OPCODE.pong) this.pongs_at_ms.push(Date.now());
    else if (frame.opcode === OPCODE.close) this.#onClose(frame.payload);
    else this.#onData(frame);
  }

  #onData(frame: Frame): void {
    this.#fragments.push(frame.payload);
    if (!frame.fin) return;
    const text = Buffer.concat(this.#fragments).toString('utf8');
    this.#fragments = [];
    if (this.received.length < RECEIVED_MAX) this.received.push({ at_ms: Date.now(), text });
    this.#messages.push(text);
  }

  #onClose(payload: Buffer): void {
    const code = payload.length >= 2 ? payload.readUInt16BE(0) : 1005;
    this.#close_received = { code, reason: payload.subarray(2).toString('utf8') };
    if (this.#close_sent) this.#socket.end();
    else if (this.answers_close) {
      this.sendFrame({ opcode: OPCODE.close, payload });
      this.#socket.end();
    }
  }
}

/** A TCP reset; Node has none for a TLS socket, which is destroyed. */
export function resetSocket(socket: Socket): void {
  if (socket instanceof TLSSocket) socket.destroy();
  else socket.resetAndDestroy();
}

function parseRequest(text: string): OpRequest | null {
  try {
    return JSON.parse(text) as OpRequest | null;
  } catch {
    return null;
  }
}
