// The load of the benchmarks: a WebSocket server, bare on TCP or TLS so that it costs little, that acknowledges each
// connection's subscription and sends on all of them at once what its parent asks for. Run by the benches as
// their child, with its options as one JSON argument:
//
//   kind       trades (216 bytes), recorded (real sizes, in bursts), stamped (trades that bear when they were sent)
//   tls        {cert, key}: PEM texts, or null
//
// Its parent asks as often as it likes, with
//
//   count      messages for each connection; then it says `done`, with what was sent
//   rate       a second on each connection; 0: as fast as the socket takes them

import { createHash } from 'node:crypto';
import { createServer } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { createServer as createTlsServer } from 'node:tls';
import { bursts, frame, headerBytes, recordedSizes, trades } from './messages.mjs';

const { kind, tls } = JSON.parse(process.argv[2]);
const BATCH_BYTES = 256 * 1024;

const frames = kind === 'recorded' ? recordedSizes() : trades();
const drained = (socket) => new Promise((resolve) => socket.once('drain', resolve));
const now_ms = () => performance.timeOrigin + performance.now();

function stamped() {
  return frame(
    `{"topic":"publicTrade.BTCUSDT","sent_ms":${now_ms().toFixed(3)},"data":"${'x'.repeat(140)}"}`,
  );
}

async function sendFast(socket, { count }) {
  let bytes = 0;
  for (let sent = 0; sent < count; ) {
    const batch = [];
    for (let batched = 0; sent < count && batched < BATCH_BYTES; sent += 1) {
      const next = frames[sent % frames.length];
      batch.push(next);
      batched += next.length;
      bytes += next.length - headerBytes(next);
    }
    if (!socket.write(Buffer.concat(batch))) await drained(socket);
  }
  return bytes;
}

/** One segment a message, as a real feed sends them. */
async function sendAtRate(socket, { count, rate }) {
  const nextBurst = kind === 'recorded' ? bursts(rate) : null;
  const started = performance.now();
  let bytes = 0;
  let due = 0;
  let burst = { at_ms: 0, messages: 0 };
  for (let sent = 0; sent < count; ) {
    const elapsed_ms = performance.now() - started;
    if (nextBurst === null) due = Math.floor((elapsed_ms / 1000) * rate);
    while (nextBurst !== null && burst.at_ms <= elapsed_ms) {
      due += burst.messages;
      burst = nextBurst();
    }
    for (; sent < Math.min(due, count); sent += 1) {
      const next = kind === 'stamped' ? stamped() : frames[sent % frames.length];
      socket.write(next);
      bytes += next.length - headerBytes(next);
    }
    await delay(1);
  }
  return bytes;
}

async function send(socket, asked) {
  const bytes = await (asked.rate > 0 ? sendAtRate : sendFast)(socket, asked);
  process.send({ done: { bytes } });
}

function serve(socket) {
  socket.setNoDelay(true);
  socket.on('error', () => {});
  let head = '';
  socket.on('data', function onData(chunk) {
    if (head !== null) {
      head += chunk.toString('latin1');
      const key = /sec-websocket-key: *(\S+)/i.exec(head)?.[1];
      if (!head.includes('\r\n\r\n')) return;
      head = null;
      const accept = createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64');
      socket.write(
        `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`,
      );
      return;
    }
    socket.off('data', onData);
    socket.resume();
    socket.write(frame('{"success":true,"ret_msg":"","conn_id":"bench","op":"subscribe"}'));
    process.on('message', (asked) => void send(socket, asked));
    process.send({ subscribed: true });
  });
}

const server = tls === null ? createServer(serve) : createTlsServer(tls, serve);
process.setMaxListeners(0);
server.listen(0, '127.0.0.1', () => process.send({ port: server.address().port }));
