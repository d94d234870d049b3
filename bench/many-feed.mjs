// The feed of the bench of many topics, its child: it confirms Bybit subscriptions and sends the topics' messages in
// turn, as many a second in all as its argument says.

import { WebSocketServer } from 'ws';

const TICK_MS = 20;
const rate = Number(process.argv[2]);

const server = new WebSocketServer({ host: '127.0.0.1', port: 0 });
/** Topic and socket. */
const subscribers = [];
server.on('listening', () => process.send({ port: server.address().port }));
server.on('connection', (socket) => {
  socket.on('error', () => {});
  socket.on('message', (data) => {
    const { op, req_id, args = [] } = JSON.parse(data.toString());
    socket.send(
      JSON.stringify({ success: true, ret_msg: op === 'ping' ? 'pong' : '', conn_id: 'c', req_id, op }),
    );
    if (op === 'subscribe') for (const topic of args) subscribers.push([topic, socket]);
  });
});
const data = '[{"T":1672304486865,"S":"Buy","v":"0.001","p":"16578.50","L":"PlusTick","BT":false}]';
let due = 0;
let next = 0;
setInterval(() => {
  due = subscribers.length === 0 ? 0 : due + (rate * TICK_MS) / 1000;
  for (; due >= 1; due -= 1) {
    next = (next + 1) % subscribers.length;
    const [topic, socket] = subscribers[next];
    if (socket.readyState === 1)
      socket.send(`{"topic":"${topic}","type":"snapshot","ts":${Date.now()},"data":${data}}`);
  }
}, TICK_MS);
