// The baseline that everybody writes first: ws, and one stream.write for each message.
//
// usage: node bench/naive.mjs URL FOLDER

import { createWriteStream } from 'node:fs';
import { join } from 'node:path';
import { WebSocket } from 'ws';

const [url, folder] = process.argv.slice(2);
const out = createWriteStream(join(folder, 'naive.jsonl'), { flags: 'a' });
const ws = new WebSocket(url);
ws.on('open', () => ws.send(JSON.stringify({ op: 'subscribe', args: ['publicTrade.BTCUSDT'] })));
ws.on('message', (message) => {
  out.write(message);
  out.write('\n');
});
