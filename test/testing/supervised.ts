// Runs the built program (`dist/cli.js run`) as a real process with a configuration of the test's own, asks
// its status socket, and makes sure that nothing of it outlives the test.

import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { StatusDocument } from '../../src/shared/status.js';

export const PROJECT = join(import.meta.dirname, '..', '..');
export const CLI = join(PROJECT, 'dist', 'cli.js');
const UNTIL_MS_MAX = 30_000;

export interface Supervised {
  readonly pid: number;
  readonly folder: string;
  readonly output_dir: string;
  readonly config_path: string;
  readonly socket: string;
  /** What it printed, stdout and stderr together. */
  printed(): string;
  /** From now on nobody reads its stdout: what it writes there fails with EPIPE. */
  closeStdout(): void;
  log(): Promise<string>;
  status(): Promise<StatusDocument>;
  /** Asks the status until `holds`; throws with the last answer after 30 s. */
  until(what: string, holds: (status: StatusDocument) => boolean): Promise<StatusDocument>;
  signal(name: NodeJS.Signals): void;
  /** Resolves with the exit status, or the name of the signal that ended it. */
  readonly ended: Promise<number | string>;
}

/**
 * Starts a supervisor on `folder` (its output in `folder/out`); `settings` are added to the configuration,
 * `args` to the command line. It leads a process group of its own, which is killed when the test ends.
 */
export async function supervise(
  folder: string,
  settings: Record<string, unknown>,
  env: Record<string, string> = {},
  args: readonly string[] = [],
): Promise<Supervised> {
  const config_path = join(folder, 'config.json');
  const output_dir = join(folder, 'out');
  const socket = join(folder, 'status.sock');
  const config = { output_dir, status_socket: socket, log_file: join(folder, 'system.log'), ...settings };
  await writeFile(config_path, JSON.stringify(config));
  const child = spawn(process.execPath, [CLI, 'run', '--config', config_path, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
    env: { ...process.env, ...env },
  });
  return wrap(child, folder, config_path, config);
}

function wrap(
  child: ChildProcess,
  folder: string,
  config_path: string,
  config: { output_dir: string; status_socket: string },
): Supervised {
  const pid = child.pid ?? 0;
  const socket = config.status_socket;
  let printed = '';
  child.stdout?.on('data', (chunk) => {
    printed += chunk;
  });
  child.stderr?.on('data', (chunk) => {
    printed += chunk;
  });
  const ended = once(child, 'exit').then(([code, signal]) => (code ?? signal) as number | string);
  onTestFinished(async () => {
    kill(-pid);
    for (const orphan of processesOf(config_path)) kill(orphan);
    await ended;
  });
  const status = () => askStatus(socket);
  return {
    pid,
    folder,
    output_dir: config.output_dir,
    config_path,
    socket,
    printed: () => printed,
    closeStdout: () => void child.stdout?.destroy(),
    log: () => readFile(join(folder, 'system.log'), 'utf8').catch(() => ''),
    status,
    async until(what, holds) {
      const deadline = performance.now() + UNTIL_MS_MAX;
      for (let last: unknown; ; ) {
        try {
          const document = await status();
          if (holds(document)) return document;
          last = document;
        } catch (error) {
          last = error;
        }
        if (performance.now() > deadline) {
          const log = await readFile(join(folder, 'system.log'), 'utf8').catch(() => '(no log)');
          throw new Error(`not within 30 s: ${what}\n${JSON.stringify(last, null, 1)}\n${log}\n${printed}`);
        }
        await new Promise((resolve) => setTimeout(resolve, 25));
      }
    },
    signal: (name) => process.kill(pid, name),
    ended,
  };
}

/** Runs a command of the built program to its end. */
export function runCommand(
  args: readonly string[],
): Promise<{ status: number; stdout: string; stderr: string }> {
  return new Promise((resolve) => {
    execFile(process.execPath, [CLI, ...args], (error, stdout, stderr) =>
      resolve({ status: error === null ? 0 : Number(error.code), stdout, stderr }),
    );
  });
}

export async function askStatus(socket: string): Promise<StatusDocument> {
  const connection = connect(socket);
  let text = '';
  connection.setEncoding('utf8').on('data', (chunk) => {
    text += chunk;
  });
  await once(connection, 'close');
  return JSON.parse(text);
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It is gone already.
  }
}

/** The pids of a process's children, from /proc. */
export function childrenOf(pid: number): number[] {
  return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8')
    .trim()
    .split(' ')
    .filter(Boolean)
    .map(Number);
}

/** Whether a process runs (a zombie does not). */
export function runs(pid: number): boolean {
  try {
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}

/** The pids of all processes whose command line holds `text`. */
export function processesOf(text: string): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => {
      try {
        return pid !== process.pid && readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(text);
      } catch {
        return false;
      }
    });
}

/** Resolves once `holds`; throws after 30 s. For what has no event of its own, such as a process's end. */
export async function eventually(what: string, holds: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = performance.now() + UNTIL_MS_MAX;
  while (!(await holds())) {
    if (performance.now() > deadline) throw new Error(`not within 30 s: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}
