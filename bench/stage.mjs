// A place for one measurement: a folder, a load, and programs that are started on it; nothing of it is left behind.

import { execFileSync, fork } from 'node:child_process';
import {
  closeSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { tree } from './processes.mjs';

const here = dirname(fileURLToPath(import.meta.url));

/** A certificate for 127.0.0.1, in files of `folder`. */
function certificate(folder) {
  const [cert, key] = [join(folder, 'cert.pem'), join(folder, 'key.pem')];
  const of = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=IP:127.0.0.1,DNS:localhost'];
  const made = ['-newkey', 'rsa:2048', '-nodes', '-days', '2', '-keyout', key, '-out', cert];
  execFileSync('openssl', ['req', '-x509', ...made, ...of], { stdio: 'ignore' });
  return { cert, key };
}

/** Runs `act` with what it needs. `kind`: what the load sends, see bench/load.mjs. */
export async function onStage({ kind, tls = false }, act) {
  const folder = mkdtempSync(join(tmpdir(), 'bench-'));
  const files = tls ? certificate(folder) : null;
  const pem = files && { cert: readFileSync(files.cert, 'utf8'), key: readFileSync(files.key, 'utf8') };
  const child = fork(join(here, 'load.mjs'), [JSON.stringify({ kind, tls: pem })]);
  const started = [];
  /** The values of the next `times` messages of the load that have `key`. */
  const said = (key, times = 1) =>
    new Promise((resolve) => {
      const values = [];
      child.on('message', function listen(message) {
        if (!(key in message)) return;
        values.push(message[key]);
        if (values.length < times) return;
        child.off('message', listen);
        resolve(values);
      });
    });
  try {
    const [port] = await said('port');
    return await act({
      url: `${tls ? 'wss' : 'ws'}://127.0.0.1:${port}`,
      folder,
      ca_file: files?.cert ?? null,
      said,
      /** Sends `count` messages on each connection, `rate` a second. */
      send: (count, rate) => child.send({ count, rate }),
      /** Notes a process, so that it is ended with all below it. */
      keep(process) {
        started.push(process);
        return process;
      },
    });
  } finally {
    // A tree is read while its root lives.
    const pids = started.flatMap(({ pid, exitCode }) => (exitCode === null ? tree(pid) : []));
    for (const pid of [...pids, child.pid]) {
      try {
        process.kill(pid, 'SIGKILL');
      } catch {
        // It ended with its parent.
      }
    }
    await delay(300);
    rmSync(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 500 });
  }
}

/** The status document that is served at `path`; null: none is. */
export async function askStatus(path) {
  try {
    const chunks = [];
    for await (const chunk of connect(path)) chunks.push(chunk);
    return JSON.parse(Buffer.concat(chunks).toString());
  } catch {
    return null;
  }
}

/**
 * Takes so many bytes of memory from the machine and gives them back, as a file that is written and removed. A virtual
 * machine may hand memory that is free for seconds to its host; who touches it next pays for it, several times what a
 * message costs. So it is touched before a measurement that fills much of it.
 */
export function warmMemory(folder, bytes) {
  const path = join(folder, 'warm');
  const block = Buffer.alloc(1024 * 1024, 1);
  const file = openSync(path, 'w');
  for (let written = 0; written < bytes; written += block.length) writeSync(file, block);
  closeSync(file);
  rmSync(path);
}

/** The bytes of all data files below a folder. */
export function dataBytes(folder) {
  return readdirSync(folder, { recursive: true })
    .filter((name) => name.endsWith('.jsonl'))
    .reduce((sum, name) => sum + statSync(join(folder, name)).size, 0);
}

/** Resolves once `holds`, asked each `every_ms`; throws after two minutes. */
export async function until(what, holds, every_ms = 5) {
  const deadline = performance.now() + 120_000;
  while (!(await holds())) {
    if (performance.now() > deadline) throw new Error(`not within 120 s: ${what}`);
    await delay(every_ms);
  }
}

export function quantile(numbers, part) {
  const sorted = [...numbers].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))];
}

export const mean = (numbers) => numbers.reduce((sum, one) => sum + one, 0) / numbers.length;
export const median = (numbers) => quantile(numbers, 0.5);
