// Finds the processes of a run in /proc by a mark in their environment, so that nothing else is ever signalled,
// and so that one that outlives its supervisor is found.

import { randomUUID } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';

const SIGUSR2_BIT = 1n << 11n;

/** @typedef {{ pid: number, args: readonly string[] }} Found */

export class Processes {
  /** Given to each process that the harness starts; its children inherit it. */
  env = { CHAOS_RUN: randomUUID() };

  /** @returns {Found[]} the living ones */
  all() {
    return readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .map(Number)
      .filter((pid) => pid !== process.pid && this.#isOurs(pid))
      .map((pid) => ({ pid, args: read(pid, 'cmdline').split('\0') }));
  }

  /** The capture processes: all, or those of one topic. */
  captures(topic) {
    return this.all().filter(({ args }) => {
      const [file, name] = args.slice(1).filter((arg) => !arg.startsWith('--'));
      return file?.includes('/capture/') && (topic === undefined || name === topic);
    });
  }

  /** Tells the capture processes that listen for it; to others the signal would be deadly. */
  signalUsr2() {
    for (const { pid } of this.captures()) {
      const caught = BigInt(`0x${/^SigCgt:\s*(\w+)/m.exec(read(pid, 'status'))?.[1] ?? '0'}`);
      if ((caught & SIGUSR2_BIT) !== 0n) this.signal(pid, 'SIGUSR2');
    }
  }

  /** Signals a process if it lives and is one of this run. */
  signal(pid, name) {
    if (!this.#isOurs(pid)) return false;
    try {
      return process.kill(pid, name);
    } catch {
      // It ended between the look and the signal.
      return false;
    }
  }

  /** Resident bytes. */
  memory(pid) {
    return Number(/^VmRSS:\s*(\d+)/m.exec(read(pid, 'status'))?.[1] ?? 0) * 1024;
  }

  #isOurs(pid) {
    return read(pid, 'environ').includes(`CHAOS_RUN=${this.env.CHAOS_RUN}\0`) && isAlive(pid);
  }
}

function read(pid, file) {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8');
  } catch {
    return '';
  }
}

function isAlive(pid) {
  return !/^State:\s+[ZX]/m.test(read(pid, 'status'));
}
