// Measures what a message costs at full speed: CPU time of the whole process tree a message, messages a
// second, and memory, for this program, for the naive script, and for any other program named by PEER (one
// that takes `-config FILE` with output_dir, topic, ws_url, buffer_size, status_socket). The contenders take
// turns, so a ratio compares runs that saw the same machine; medians are printed.
//
// usage: npm run bench -- [--quick] [--runs N] [--count N] [--rate N]   (PEER=/path/to/program for a third one)

import { fork, spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const here = dirname(fileURLToPath(import.meta.url));
const { values } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    runs: { type: 'string' },
    count: { type: 'string' },
    rate: { type: 'string', default: '0' },
  },
});
const rate = Number(values.rate);
const runs = Number(values.runs ?? (values.quick ? 1 : 3));
const count = Number(values.count ?? (rate > 0 ? rate * 10 : values.quick ? 1_000_000 : 3_000_000));
const RUN_MS_MAX = 120_000;

const contenders = {
  'websocket-streamer': (url, folder) => {
    const config = join(folder, 'config.json');
    const settings = {
      output_dir: join(folder, 'out'),
      topic: 'publicTrade.BTCUSDT',
      ws_url: url,
      log_file: join(folder, 'system.log'),
      status_socket: join(folder, 's.sock'),
    };
    writeFileSync(config, JSON.stringify(settings));
    return spawn(process.execPath, [join(here, '../dist/cli.js'), 'run', '--config', config], {
      stdio: 'inherit',
    });
  },
  'naive ws script': (url, folder) => spawn(process.execPath, [join(here, 'naive.mjs'), url, folder]),
};
const peer = process.env.PEER;
if (peer !== undefined) {
  contenders[`peer (${peer.split('/').pop()})`] = (url, folder) => {
    const config = join(folder, 'config.json');
    const settings = {
      output_dir: join(folder, 'out'),
      topic: 'publicTrade.BTCUSDT',
      ws_url: url,
      buffer_size: 10000,
      status_socket: join(folder, 's.sock'),
    };
    writeFileSync(config, JSON.stringify(settings));
    return spawn(peer, ['-config', config], { stdio: 'inherit' });
  };
}

/** The pids of a process and all below it. */
function tree(pid) {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8')
    .trim()
    .split(' ')
    .filter(Boolean);
  return [pid, ...children.flatMap((child) => tree(Number(child)))];
}

/** CPU seconds (user and system) that a process tree has used; the kernel counts in hundredths. */
function cpuSeconds(pid) {
  return tree(pid).reduce((sum, one) => {
    const fields = readFileSync(`/proc/${one}/stat`, 'utf8').split(') ')[1].split(' ');
    return sum + (Number(fields[11]) + Number(fields[12])) / 100;
  }, 0);
}

function peakMegabytes(pid) {
  return tree(pid).map((one) => {
    const peak = /VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${one}/status`, 'utf8'))[1];
    return Number(peak) / 1024;
  });
}

function dataBytes(folder) {
  return readdirSync(folder, { recursive: true })
    .filter((name) => name.endsWith('.jsonl'))
    .reduce((sum, name) => sum + statSync(join(folder, name)).size, 0);
}

async function measure(start) {
  const folder = mkdtempSync(join(tmpdir(), 'bench-'));
  const load = fork(join(here, 'load.mjs'), [String(count), String(rate)]);
  const said = (key) =>
    new Promise((resolve) => {
      load.on('message', function listen(message) {
        if (!(key in message)) return;
        load.off('message', listen);
        resolve(message[key]);
      });
    });
  const port = await said('port');
  const subscribed = said('subscribed');
  const contender = start(`ws://127.0.0.1:${port}`, folder);
  try {
    await subscribed;
    await delay(1500);
    const cpu_before = cpuSeconds(contender.pid);
    const done = said('done');
    const started = performance.now();
    load.send('go');
    const { bytes } = await done;
    const expected = bytes + count;
    while (dataBytes(folder) < expected) {
      if (performance.now() - started > RUN_MS_MAX)
        throw new Error(`only ${dataBytes(folder)} of ${expected} bytes came`);
      await delay(5);
    }
    const seconds = (performance.now() - started) / 1000;
    const cpu = cpuSeconds(contender.pid) - cpu_before;
    return {
      cpu_us_per_message: (cpu * 1e6) / count,
      cpu_percent: (cpu / seconds) * 100,
      messages_per_s: count / seconds,
      peak_mb: Math.max(...peakMegabytes(contender.pid)),
    };
  } finally {
    contender.kill('SIGKILL');
    load.kill('SIGKILL');
    await delay(300);
    rmSync(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 500 });
  }
}

const median = (numbers) => [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)];

const results = Object.fromEntries(Object.keys(contenders).map((name) => [name, []]));
for (let run = 0; run < runs; run += 1) {
  for (const [name, start] of Object.entries(contenders)) results[name].push(await measure(start));
}
console.log(
  `${count} messages of 216 bytes, ${rate === 0 ? 'as fast as possible' : `${rate} a second`}, ${runs} runs each, medians; Node ${process.version}, ${cpus().length} × ${cpus()[0]?.model}`,
);
const rows = Object.fromEntries(
  Object.entries(results).map(([name, all]) => {
    const of = (key, digits) => median(all.map((one) => one[key])).toFixed(digits);
    return [
      name,
      {
        'CPU µs/message': of('cpu_us_per_message', 3),
        'CPU % of a core': of('cpu_percent', 1),
        'messages/s': of('messages_per_s', 0),
        'peak MB, largest process': of('peak_mb', 0),
      },
    ];
  }),
);
console.table(rows);
const own = results['websocket-streamer'];
for (const [name, all] of Object.entries(results)) {
  if (all === own) continue;
  const ratio = median(own.map((one, i) => one.cpu_us_per_message / all[i].cpu_us_per_message));
  console.log(`CPU a message, websocket-streamer / ${name}: ${ratio.toFixed(2)}`);
}
