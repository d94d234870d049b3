// Opens the TCP or TLS socket under a WebSocket so that its reads are ours: Node fills one reused buffer
// (`onread`), and the bytes go straight to whoever listens to the socket's `data` (the HTTP client during the
// handshake, then ws), with no stream buffer in between. Two things depend on it: `pause()` really stops the
// reading (an ordinary socket goes on filling its stream), and a message costs a fifth less. While messages come
// thick, the socket is read at intervals.
//
// Through an HTTP proxy the socket is tunnelled with CONNECT first.

import { request } from 'node:http';
import { isIP, connect as netConnect, type OnReadOpts, type Socket } from 'node:net';
import { type ConnectionOptions, connect as tlsConnect } from 'node:tls';

import { FrameRuns, type FrameRunsOptions } from './frame-runs.js';
import type { ReadPace } from './read-pace.js';

const READ_BUFFER_BYTES = 64 * 1024;
/** The proxy's silence may last this long; the caller's own bound on the handshake is no shorter. */
const CONNECT_MS_MAX = 10_000;

export interface SocketOptions {
  readonly host: string;
  readonly port: number;
  readonly secure: boolean;
  /** PEM certificates to trust instead of the built-in ones, or null. */
  readonly ca: readonly string[] | null;
  readonly proxy: URL | null;
  /** Called after each read, before its bytes are handed on. */
  readonly onRead: () => void;
  /** What reads pass through on their way to ws; null: nothing. */
  readonly runs: FrameRunsOptions | null;
  /** When the socket is read, if reads pass through `runs`. */
  readonly pace: ReadPace;
}

export type SocketCallback = (error: Error | null, socket?: Socket) => void;

/** Opens the socket and gives it to `done`; a connection that fails later emits `error` on it. */
export function openSocket(options: SocketOptions, done: SocketCallback): void {
  if (options.proxy === null) done(null, connect(options));
  else tunnel(options, options.proxy, done);
}

function connect(options: SocketOptions): Socket {
  const { host, port, secure, pace } = options;
  // The callbacks can only run after `socket` is set: reads come in a later turn of the event loop.
  const runs =
    options.runs === null
      ? null
      : new FrameRuns(counted(options.runs, pace), (bytes) => socket.emit('data', bytes));
  const onread: OnReadOpts = {
    buffer: runs === null ? Buffer.allocUnsafeSlow(READ_BUFFER_BYTES) : () => runs.room,
    callback(length: number, buffer: Uint8Array): boolean {
      options.onRead();
      if (runs !== null) {
        runs.read(length);
        pace.read(length);
      }
      // ws may keep a view of an unfinished frame, so the bytes must not lie in the reused buffer.
      else socket.emit('data', Buffer.from(buffer.subarray(0, length)));
      return true;
    },
  };
  // `tls.connect` hands `onread` on to the socket under it, which its type does not say.
  const over_tls: ConnectionOptions & { onread: OnReadOpts } = {
    ...tlsOptions(options),
    host,
    port,
    onread,
  };
  const socket: Socket = secure ? tlsConnect(over_tls) : netConnect({ host, port, onread });
  socket.setNoDelay(true);
  pace.attach(socket);
  return socket;
}

/** The same, with the messages that are taken told to `pace`. */
function counted(runs: FrameRunsOptions, pace: ReadPace): FrameRunsOptions {
  return {
    ...runs,
    lines(lines, count, topic) {
      pace.took(count);
      runs.lines(lines, count, topic);
    },
  };
}

/** TLS over a socket that is there already: Node has no `onread` for it, so its reads are told as it emits them. */
function secureOver(under: Socket, options: SocketOptions): Socket {
  const socket = tlsConnect({ ...tlsOptions(options), socket: under });
  socket.on('data', options.onRead);
  return socket;
}

function tlsOptions({ host, ca }: SocketOptions): ConnectionOptions {
  return {
    // An address has no name to send.
    servername: isIP(host) === 0 ? host : '',
    ...(ca === null ? {} : { ca: [...ca] }),
    ALPNProtocols: ['http/1.1'],
  };
}

function tunnel(options: SocketOptions, proxy: URL, done: SocketCallback): void {
  const target = `${options.host.includes(':') ? `[${options.host}]` : options.host}:${options.port}`;
  const headers: Record<string, string> = { host: target };
  if (proxy.username !== '') {
    const user = `${decodeURIComponent(proxy.username)}:${decodeURIComponent(proxy.password)}`;
    headers['proxy-authorization'] = `Basic ${Buffer.from(user).toString('base64')}`;
  }
  const at = { host: hostOf(proxy), port: Number(proxy.port || 80) };
  const plain = { ...options, ...at, secure: false };
  const ask = request({
    ...at,
    method: 'CONNECT',
    path: target,
    headers,
    timeout: CONNECT_MS_MAX,
    // Over TLS the inner socket reads for both, so only a plain tunnel has reads of our own.
    ...(options.secure ? { agent: false } : { createConnection: () => connect(plain) }),
  });
  ask.once('connect', (response, socket: Socket, head: Buffer) => {
    if (response.statusCode !== 200) {
      socket.destroy();
      done(new Error(`the proxy ${proxy.host} answered CONNECT with status ${response.statusCode}`));
      return;
    }
    if (head.length > 0) socket.unshift(head);
    done(null, options.secure ? secureOver(socket, options) : socket);
  });
  ask.once('timeout', () => ask.destroy(new Error(`no answer within ${CONNECT_MS_MAX / 1000} s`)));
  ask.once('error', (error) =>
    done(new Error(`the proxy ${proxy.host} could not be used: ${error.message}`)),
  );
  ask.end();
}

/** A URL's host without the brackets of an IPv6 address. */
export function hostOf(url: URL): string {
  return url.hostname.replace(/^\[|\]$/g, '');
}
