// Measures what many topics cost: how long until all are live, the memory of all processes together (proportional set
// size: what they share is counted once), their CPU, and the size of the status document. The feed is this file again, as
// a child: it confirms Bybit subscriptions and sends the topics' messages in turn, RATE a second in all.
//
// usage: npm run bench:many -- [--topics N] [--per-process N] [--rate N] [--seconds N]

import { fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { WebSocketServer } from 'ws';

const TICK_MS = 20;
const LIVE_MS_MAX = 120_000;
/** CPU is counted over so long. */
const CPU_MS = 10_000;
const CLI = fileURLToPath(new URL('../dist/cli.js', import.meta.url));

if (process.send !== undefined) feed(Number(process.argv[2]));
else await main();

async function main() {
  const { values } = parseArgs({
    options: {
      topics: { type: 'string', default: '1000' },
      'per-process': { type: 'string', default: '50' },
      rate: { type: 'string', default: '1000' },
      seconds: { type: 'string', default: '60' },
    },
  });
  const [count, per_process, rate, seconds] = ['topics', 'per-process', 'rate', 'seconds'].map((key) =>
    Number(values[key]),
  );
  const folder = mkdtempSync(join(tmpdir(), 'bench-'));
  const load = fork(fileURLToPath(import.meta.url), [String(rate)]);
  const [{ port }] = await once(load, 'message');
  const socket = join(folder, 's.sock');
  const config = {
    output_dir: join(folder, 'out'),
    topics: Array.from({ length: count }, (_, i) => `publicTrade.T${String(i).padStart(4, '0')}USDT`),
    topics_per_process: per_process,
    ws_url: `ws://127.0.0.1:${port}`,
    log_file: join(folder, 'system.log'),
    status_socket: socket,
  };
  writeFileSync(join(folder, 'config.json'), JSON.stringify(config));
  const started = performance.now();
  const supervisor = spawn(process.execPath, [CLI, 'run', '--config', join(folder, 'config.json')], {
    stdio: 'inherit',
  });
  try {
    const live_s = await untilLive(socket, count, started);
    await delay(seconds * 1000);
    const pids = tree(supervisor.pid);
    const [own_mb, ...capture_mb] = pids.map(proportionalMegabytes);
    const before = cpuSeconds(pids);
    await delay(CPU_MS);
    const cpu = ((cpuSeconds(pids) - before) * 1000) / CPU_MS;
    const captures_mb = capture_mb.reduce((sum, mb) => sum + mb, 0);
    const document = await ask(socket);
    console.log(
      `${count} topics, ${per_process} a process, ${rate} messages a second in all; Node ${process.version}`,
    );
    console.table({
      'all live after, s': live_s.toFixed(1),
      'capture processes': capture_mb.length,
      'memory of all, MB (proportional)': (own_mb + captures_mb).toFixed(0),
      'of that the supervisor, MB': own_mb.toFixed(0),
      'captures, MB a topic': (captures_mb / count).toFixed(2),
      'CPU % of a core': (cpu * 100).toFixed(0),
      'status document, bytes a topic': Math.round(document.length / count),
    });
  } finally {
    supervisor.kill('SIGTERM');
    await once(supervisor, 'exit');
    load.kill();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function untilLive(socket, count, started) {
  while (performance.now() - started < LIVE_MS_MAX) {
    const document = await ask(socket).catch(() => null);
    if (document !== null && JSON.parse(document).live_topics === count)
      return (performance.now() - started) / 1000;
    await delay(100);
  }
  throw new Error(`not all of ${count} topics were live within ${LIVE_MS_MAX / 1000} s`);
}

async function ask(path) {
  const socket = connect(path).setEncoding('utf8');
  let text = '';
  for await (const chunk of socket) text += chunk;
  return text;
}

/** A process and its children. */
function tree(pid) {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8');
  return [pid, ...children.trim().split(' ').filter(Boolean).map(Number)];
}

function proportionalMegabytes(pid) {
  return Number(/^Pss:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'))[1]) / 1024;
}

function cpuSeconds(pids) {
  return pids.reduce((sum, pid) => {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' ');
    return sum + (Number(fields[11]) + Number(fields[12])) / 100;
  }, 0);
}

function feed(rate) {
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
}
