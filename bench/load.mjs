// The load of the benchmarks: a WebSocket server, bare on TCP so that it costs little, that acknowledges a
// Bybit subscription and, once its parent says `go`, sends COUNT messages as fast as the socket takes them or
// at RATE a second, and then a Close. Run by bench/run.mjs as its child.
//
// usage: node bench/load.mjs COUNT RATE   (RATE 0: as fast as possible)

import { createHash } from 'node:crypto';
import { createServer } from 'node:net';

const count = Number(process.argv[2]);
const rate = Number(process.argv[3]);
const BATCH_BYTES = 256 * 1024;

/** A server's frame: final, text, not masked. */
function frame(text) {
  const payload = Buffer.from(text);
  if (payload.length < 126) return Buffer.concat([Buffer.from([0x81, payload.length]), payload]);
  return Buffer.concat([Buffer.from([0x81, 126, payload.length >> 8, payload.length & 255]), payload]);
}

/** Trades of one shape, 216 bytes each, as Bybit writes them. */
function tradeFrames() {
  return Array.from({ length: 1000 }, (_, i) => {
    const id = `20f43950-d8dd-5b31-9112-a178eb6${String(i).padStart(5, '0')}`;
    const at = 1672304486868 + i;
    return frame(
      `{"topic":"publicTrade.BTCUSDT","type":"snapshot","ts":${at},"data":[{"T":${at - 3},"s":"BTCUSDT","S":"Buy","v":"0.001","p":"16578.50","L":"PlusTick","i":"${id}","BT":false}]}`,
    );
  });
}

const frames = tradeFrames();

async function send(socket) {
  const drained = () => new Promise((resolve) => socket.once('drain', resolve));
  const started = performance.now();
  let bytes = 0;
  for (let sent = 0; sent < count; ) {
    const due = rate > 0 ? Math.min(count, Math.floor(((performance.now() - started) / 1000) * rate)) : count;
    if (due <= sent) {
      await new Promise((resolve) => setTimeout(resolve, 1));
      continue;
    }
    if (rate > 0) {
      // One segment a message, as a real feed sends them.
      for (; sent < due; sent += 1) {
        socket.write(frames[sent % frames.length]);
        bytes += frames[sent % frames.length].length - 4;
      }
      continue;
    }
    const batch = [];
    for (let size = 0; sent < count && size < BATCH_BYTES; sent += 1) {
      const next = frames[sent % frames.length];
      batch.push(next);
      size += next.length;
      bytes += next.length - 4;
    }
    if (!socket.write(Buffer.concat(batch))) await drained();
  }
  process.send({ done: { count, bytes, seconds: (performance.now() - started) / 1000 } });
}

const server = createServer((socket) => {
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
    process.once('message', () => void send(socket));
    process.send({ subscribed: true });
  });
});
server.listen(0, '127.0.0.1', () => process.send({ port: server.address().port }));
