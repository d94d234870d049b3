// One writer a topic: the name of the topic's files is held through the kernel, which lets go of it when the
// process dies, however it dies. A capture left behind by a dead supervisor ends by itself within seconds;
// one that does not (it is stopped, or hangs) is killed after 10 s.

import { setTimeout as delay } from 'node:timers/promises';
import { errorMessage } from '../shared/errors.js';
import { findHolder, type Holder, holdName, topicKey } from '../shared/hold-socket.js';

const RETRY_MS = 100;
const PATIENCE_MS = 10_000;

export interface LockEvents {
  /** Somebody else writes this topic; called once, and again when it had to be killed or cannot be. */
  waiting(sentence: string): void;
  isStopping(): boolean;
  /** Ends a process at once; throws the system's error. */
  kill(pid: number): void;
}

/** Resolves with the lock, or with null when the process is stopping before it was had. */
export async function acquireTopic(
  output_dir: string,
  name: string,
  events: LockEvents,
): Promise<Holder | null> {
  const key = await topicKey(output_dir, name);
  let asked_at_ms = performance.now();
  let told = false;
  while (!events.isStopping()) {
    const holder = await holdName(key);
    if (holder !== null) return holder;
    if (!told) {
      told = true;
      events.waiting('Another capture process still writes this topic: waiting for it to end');
    }
    if (performance.now() - asked_at_ms > PATIENCE_MS) {
      events.waiting(await killHolder(key, events));
      asked_at_ms = performance.now();
    }
    await delay(RETRY_MS);
  }
  return null;
}

async function killHolder(key: string, events: LockEvents): Promise<string> {
  const pid = await findHolder(key);
  const late = `after ${PATIENCE_MS / 1000} s another capture process still writes this topic`;
  if (pid === null) return `Waiting on: ${late}, and its process id cannot be told; end it by hand`;
  try {
    events.kill(pid);
    return `Killed process ${pid}: ${late}`;
  } catch (error) {
    return `Waiting on: ${late}, and process ${pid} cannot be killed (${errorMessage(error)})`;
  }
}
