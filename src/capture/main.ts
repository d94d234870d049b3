// The capture process: one topic or several, forked by the supervisor, which sends the settings as its first message.
//
// It promises: SIGINT, SIGTERM, the stop message and the loss of the supervisor all lead to the same graceful
// stop, bounded by a deadline; only one process at a time writes a topic's files; a report goes out each
// second, also while it waits for the lock, so that silence means that it hangs.

import { readFileSync } from 'node:fs';
import { rootCertificates } from 'node:tls';
import { getHeapSpaceStatistics } from 'node:v8';
import { errorMessage } from '../shared/errors.js';
import type { FromCapture, LogLevel, Report, StopReason, ToCapture } from '../shared/ipc.js';
import { readBootId } from '../shared/mark.js';
import { Capture } from './capture.js';
import { realDisk } from './disk.js';
import { acquireTopic } from './lock.js';
import { Permits } from './permits.js';
import { HOUR_MS } from './recorder.js';

type Start = Extract<ToCapture, { type: 'start' }>;
type Change = Extract<ToCapture, { type: 'change' }>;

const REPORT_MS = 1_000;
/** V8 lets 8 MB and more gather before it looks for what is no longer used, 2 MB a minute with 50 topics. */
const COLLECT_MS = 30_000;
/** Less is not worth a collection. */
const COLLECT_BYTES_MIN = 512 * 1024;
/** Settings come at once or never. */
const SETTINGS_MS_MAX = 10_000;
/** Less than the 8 s after which the supervisor kills: so the last words are our own. */
const STOP_MS_MAX = 7_000;
/** Lines for the log on their way to a supervisor that does not read; more are dropped, for memory's sake. */
const IN_FLIGHT_MAX = 1_000;

let in_flight = 0;
/** One at a time, for the same reason: the next one tells all that this one does. */
let report_in_flight = false;
let capture: Capture | null = null;
let created: (capture: Capture) => void = () => {};
/** What the supervisor says right after the start comes before the capture is there. */
const capturing = new Promise<Capture>((resolve) => {
  created = resolve;
});
const permits = new Permits({
  // Past the bound on records: these are few, and the supervisor counts on each.
  send: (message) => {
    if (process.connected) send(message, () => {});
  },
  random: Math.random,
  log,
});
let stopping = false;
let memory_bytes = 0;
/** What was used by old objects after the last collection. */
let kept_bytes = 0;

// For tests of what a step of the wall clock does: the file named here holds an offset in milliseconds.
const clock_offset_file = process.env.CAPTURE_TEST_CLOCK_OFFSET_FILE;
let clock_offset_ms = 0;
function readClockOffset(): void {
  if (clock_offset_file !== undefined) clock_offset_ms = Number(readFileSync(clock_offset_file, 'utf8'));
}

function send(message: FromCapture, sent: () => void): void {
  process.send?.(message, undefined, undefined, sent);
}

function log(level: LogLevel, message: string, name: string | null = null): void {
  if (!process.connected || in_flight >= IN_FLIGHT_MAX) return;
  in_flight += 1;
  send({ type: 'log', name, at_ms: Date.now(), level, message }, () => {
    in_flight -= 1;
  });
}

/** Makes one only if it can leave: what it tells of the time since the last one is told once. */
function sendReport(): void {
  if (!process.connected || report_in_flight) return;
  report_in_flight = true;
  send(report(), () => {
    report_in_flight = false;
  });
}

/** Where there are no more file descriptors it cannot be told: then the last figure stands. */
function residentBytes(): number {
  try {
    memory_bytes = process.memoryUsage.rss();
  } catch {}
  return memory_bytes;
}

function oldBytes(): number {
  const old = getHeapSpaceStatistics().find(({ space_name }) => space_name === 'old_space');
  return old?.space_used_size ?? 0;
}

/** Of so small a heap it takes some 10 ms. */
function collect(): void {
  if (oldBytes() - kept_bytes < COLLECT_BYTES_MIN) return;
  globalThis.gc?.();
  kept_bytes = oldBytes();
}

function cpuMs(): number {
  const { user, system } = process.cpuUsage();
  return Math.round((user + system) / 1000);
}

function report(): Report {
  const nothing = () =>
    ({ type: 'report', memory_bytes: residentBytes(), cpu_ms: cpuMs(), topics: [] }) as const;
  return capture?.report() ?? nothing();
}

async function start({ output_dir, topics, control_name }: Start): Promise<void> {
  const boot_id = await readBootId();
  if (stopping) return;
  capture = new Capture(output_dir, {
    disk: realDisk,
    now: () => Date.now() + clock_offset_ms,
    uptime: () => Number(process.hrtime.bigint() / 1_000_000n),
    random: Math.random,
    log,
    acquire: (name, waiting, isUnwanted) =>
      acquireTopic(output_dir, name, {
        waiting,
        isStopping: () => stopping || isUnwanted(),
        kill: (pid) => process.kill(pid, 'SIGKILL'),
      }),
    authorities,
    permitFor: (name, protocol) => permits.for(name, protocol),
    memoryBytes: residentBytes,
    cpuMs,
    pid: process.pid,
    boot_id,
    hour_ms: Number(process.env.CAPTURE_TEST_HOUR_MS ?? HOUR_MS),
  });
  const started = capture.start(topics, control_name);
  created(capture);
  await started;
}

/** A topic that changes is let go before it is taken in again. */
async function change({ remove, add }: Change): Promise<void> {
  const running = await capturing;
  const leaving = remove.map((name) => running.remove(name, reasonFor(name, add)));
  await Promise.all([...leaving, ...add.map((topic) => running.add(topic))]);
}

function reasonFor(name: string, add: Change['add']): StopReason {
  return add.some((topic) => topic.name === name) ? 'reconfigured' : 'stopped';
}

/** PEM texts: those that Node trusts anyway, and those of the file. */
function authorities(ca_file: string): string[] {
  const extra = process.env.NODE_EXTRA_CA_CERTS;
  const files = extra === undefined ? [ca_file] : [extra, ca_file];
  return [...rootCertificates, ...files.map((file) => readFileSync(file, 'utf8'))];
}

async function stop(why: string, reason: StopReason = 'stopped'): Promise<void> {
  if (stopping) return;
  stopping = true;
  log('info', `Stopping: ${why}`);
  setTimeout(() => {
    const held = capture?.buffered ?? 0;
    log('error', `Not stopped within ${STOP_MS_MAX / 1000} s, giving up; ${held} messages are held`);
    leave(1);
  }, STOP_MS_MAX).unref();
  const unwritten = (await capture?.stop(reason)) ?? 0;
  leave(unwritten === 0 ? 0 : 1);
}

/** Ends the process once the last report has left, or cannot leave. */
function leave(status: number): void {
  const end = () => process.exit(status);
  setTimeout(end, 500);
  if (process.connected) send(report(), end);
  else end();
}

function fail(error: unknown): void {
  log('error', `The capture could not start: ${errorMessage(error)}`);
  leave(1);
}

const no_settings = setTimeout(() => void stop('no settings came'), SETTINGS_MS_MAX);
process.on('message', (message: ToCapture) => {
  if (message.type === 'stop') void stop('the supervisor asked for it', message.reason);
  else if (message.type === 'change') change(message).catch(fail);
  else if (message.type !== 'start') permits.take(message);
  else {
    clearTimeout(no_settings);
    // The first sign of life.
    sendReport();
    start(message).catch(fail);
  }
});
process.on('disconnect', () => void stop('the supervisor is gone'));
process.on('SIGINT', () => void stop('SIGINT'));
process.on('SIGTERM', () => void stop('SIGTERM'));
// The terminal was closed: the supervisor knows what to do.
process.on('SIGHUP', () => {});
if (clock_offset_file !== undefined) {
  readClockOffset();
  process.on('SIGUSR2', readClockOffset);
}
setInterval(sendReport, REPORT_MS);
setInterval(collect, COLLECT_MS);
