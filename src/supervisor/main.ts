// The supervisor's room: claims the output folder and the status socket, opens the log, starts the captures, and
// stops them when it is told to, by a signal or by PM2. What the process itself is asked or told is only here.

import { accessSync, closeSync, constants, mkdirSync, openSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { EXIT_BUSY, EXIT_CANNOT_CREATE, EXIT_OK, ExitError, errorMessage } from '../shared/errors.js';
import { folderKey, type Holder, holdName } from '../shared/hold-socket.js';
import type { Settings } from '../shared/settings.js';
import { VERSION_LINE } from '../shared/version.js';
import type { Http } from './http/open.js';
import { LogFile } from './log.js';
import { type Send, statusLine, tellActions, tellMetrics, tellReady } from './pm2.js';
import { StatusServer } from './status-server.js';
import { Supervisor } from './supervisor.js';

// The start of a thousand topics would let V8's space for what is new grow to 32 MB, and it never shrinks again. A flag
// of the command line would reach only those who start node themselves.
setFlagsFromString('--semi-space-growth-factor=1');
setFlagsFromString('--compact-on-every-full-gc');

/**
 * Captures until SIGINT, SIGTERM or PM2's `shutdown`; resolves with the exit status.
 * @throws ExitError 73 where the output folder, the log or the socket cannot be made, 75 where a live instance
 * holds the folder or the socket.
 */
export async function runSupervisor(given: {
  readonly settings: Settings;
  /** What there is to say about where the settings came from. */
  readonly notes: readonly string[];
  /** Reads the configuration again; throws an ExitError where it is bad. */
  readonly load: () => Settings;
}): Promise<number> {
  const { settings, notes } = given;
  const has_terminal = hasTerminal();
  let reload = () => {};
  const told = new Promise<string>((tell) => {
    listen(tell, () => {
      // A terminal that is closed sends the same signal.
      if (has_terminal && !hasTerminal()) tell('the terminal was closed');
      else reload();
    });
  });
  makeOutputFolder(settings.output_dir);
  const claims = [
    await claim(settings.output_dir, 'supervisor', `the output folder ${settings.output_dir}`, 'output_dir'),
  ];
  const socket = settings.status_socket;
  // The lock as well as the socket: two that start at the same moment would both find the socket dead.
  if (accessible(dirname(socket))) {
    claims.push(
      await claim(dirname(socket), basename(socket), `the status socket ${socket}`, 'status_socket'),
    );
  }
  let status_of: () => object | null = () => null;
  const server = await StatusServer.open(socket, () => status_of(), process.umask);
  const log = await openLog(settings, server);
  process.on('uncaughtExceptionMonitor', (error) => {
    log.writeNow('error', `Ended by a mistake in the program: ${error.stack ?? errorMessage(error)}`);
  });

  // For the captures: glibc's heaps for each thread would cost each of them 0.9 MB, and what it keeps of larger pieces
  // that were freed 0.5 MB, or 2 with 50 topics.
  process.env.MALLOC_ARENA_MAX ??= '1';
  process.env.MALLOC_MMAP_THRESHOLD_ ??= '131072';
  const send = pm2Channel();
  let http: Http | null = null;
  const supervisor = new Supervisor(settings, {
    pid: process.pid,
    memoryBytes: residentBytes,
    cpuMs,
    capture_file: new URL('../capture/main.cjs', import.meta.url),
    log: log.write,
    http_port: () => http?.port ?? null,
    ready: () => tellReady(send),
    ticked: (status) => {
      if (process.connected) tellMetrics(send, status());
      http?.tick();
    },
    noted: (names, line) => http?.note(names, line),
  });
  status_of = () => supervisor.status();
  http = await openHttpServer(settings, supervisor, log, server);
  reload = () => void supervisor.reload(given.load);
  const answer = tellActions(send, {
    reload: async () => (await supervisor.reload(given.load)).message,
    status: async () => statusLine(supervisor.status()),
  });
  process.on('message', answer);
  const topics = settings.topics.length === 1 ? '1 topic' : `${settings.topics.length} topics`;
  log.write(
    'info',
    `${VERSION_LINE} started, pid ${process.pid}: ${topics} to ${settings.output_dir}, status at ${socket}`,
  );
  for (const note of notes) log.write('info', note);
  supervisor.start();

  log.write('info', `Stopping: ${await told}`);
  await supervisor.stop();
  log.write('info', 'Stopped');
  await http?.close();
  await server.close();
  await log.close();
  for (const held of claims) await held.release();
  // A listener for messages would keep the process alive.
  if (process.connected) process.disconnect();
  return EXIT_OK;
}

let memory_bytes = 0;

/** Where there are no more file descriptors it cannot be told: then the last figure stands. */
function residentBytes(): number {
  try {
    memory_bytes = process.memoryUsage.rss();
  } catch {}
  return memory_bytes;
}

function cpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

/** From the first moment on: a signal that comes while the start is under way stops what was started. */
function listen(tell: (why: string) => void, hangUp: () => void): void {
  process.on('SIGINT', () => tell('SIGINT'));
  process.on('SIGTERM', () => tell('SIGTERM'));
  process.on('SIGHUP', hangUp);
  process.on('message', (message) => {
    if (message === 'shutdown') tell('PM2 asked for it');
  });
}

/** Whether this process has a terminal that is still there. */
function hasTerminal(): boolean {
  try {
    closeSync(openSync('/dev/tty', constants.O_RDONLY | constants.O_NOCTTY));
    return true;
  } catch {
    return false;
  }
}

function makeOutputFolder(folder: string): void {
  try {
    mkdirSync(folder, { recursive: true });
    accessSync(folder, constants.W_OK | constants.X_OK);
  } catch (error) {
    throw new ExitError(EXIT_CANNOT_CREATE, [
      `The output folder ${folder} cannot be made or written: ${errorMessage(error)}. Choose another "output_dir", or give the right to write there.`,
    ]);
  }
}

function accessible(folder: string): boolean {
  try {
    accessSync(folder);
    return true;
  } catch {
    return false;
  }
}

async function claim(folder: string, what: string, called: string, key: string): Promise<Holder> {
  const holder = await holdName(await folderKey(folder, what));
  if (holder !== null) return holder;
  throw new ExitError(EXIT_BUSY, [
    `Another instance holds ${called}. Stop it, or choose another "${key}" for this one.`,
  ]);
}

/** The socket is not left behind where the log cannot be made. */
async function openLog(settings: Settings, server: StatusServer): Promise<LogFile> {
  try {
    return new LogFile(settings);
  } catch (error) {
    await server.close();
    throw error;
  }
}

/** Null where there is to be none. Its code is loaded for those who use it. */
async function openHttpServer(
  settings: Settings,
  supervisor: Supervisor,
  log: LogFile,
  server: StatusServer,
): Promise<Http | null> {
  const { http_port } = settings;
  if (http_port === null) return null;
  try {
    const { openHttp } = await import('./http/open.js');
    return await openHttp({ ...settings, http_port }, supervisor, log.write);
  } catch (error) {
    await server.close();
    await log.close();
    throw error;
  }
}

/** PM2 may go away while we live on. */
function pm2Channel(): Send {
  return (message) => {
    if (process.connected) process.send?.(message, undefined, undefined, () => {});
  };
}
