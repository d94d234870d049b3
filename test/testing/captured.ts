// A capture in the test's own process, against a server of the test's, with a log that can be read and awaited.

import { setTimeout as delay } from 'node:timers/promises';
import { onTestFinished } from 'vitest';
import { Capture } from '../../src/capture/capture.js';
import type { Disk } from '../../src/capture/disk.js';
import { realDisk } from '../../src/capture/disk.js';
import type { Permit } from '../../src/capture/permits.js';
import { HOUR_MS } from '../../src/capture/recorder.js';
import type { LogLevel, TopicReport } from '../../src/shared/ipc.js';
import { readBootId } from '../../src/shared/mark.js';
import type { TopicSettings } from '../../src/shared/settings.js';
import { readHourFiles, testFolder } from './folder.js';
import { topicSettings } from './topic-settings.js';

const UNTIL_MS_MAX = 15_000;

export interface Captured {
  readonly folder: string;
  readonly log: { level: LogLevel; message: string }[];
  report(): TopicReport;
  until(what: string, holds: (report: TopicReport) => boolean): Promise<TopicReport>;
  /** Resolves when the log holds a line that matches, at the latest after 15 s. */
  untilLogged(pattern: RegExp): Promise<string>;
  stop(): Promise<number>;
  /** All lines of all hour files, in order. */
  lines(): Promise<string[]>;
}

export interface CaptureOptions {
  readonly disk?: Disk;
  readonly now?: () => number;
  readonly folder?: string;
  readonly ca?: string;
  /** From 0 up to, and without, 1: the part of the longest delay that is waited before the next try. */
  readonly random?: () => number;
  /** None given: whoever asks may go at once. */
  readonly permit?: Permit;
}

const goAtOnce: Permit = (_kind, _count, _down_since_ms, go) => {
  go();
  return () => {};
};

/** Starts a capture of topic `t` from `ws_url`. Delays between tries are zero unless `random` is given. Stopped when the test ends. */
export async function capture(
  ws_url: string,
  settings: Partial<TopicSettings> = {},
  options: CaptureOptions = {},
): Promise<Captured> {
  const folder = options.folder ?? (await testFolder());
  const log: Captured['log'] = [];
  const running = new Capture(folder, {
    disk: options.disk ?? realDisk,
    now: options.now ?? Date.now,
    uptime: () => performance.now(),
    random: options.random ?? (() => 0),
    acquire: async () => ({ release: async () => {} }),
    permitFor: () => options.permit ?? goAtOnce,
    authorities: () => [options.ca ?? ''],
    memoryBytes: () => 0,
    pid: process.pid,
    boot_id: await readBootId(),
    hour_ms: HOUR_MS,
    log: (level, message) => log.push({ level, message }),
  });
  const ca_file = options.ca === undefined ? null : 'ca.pem';
  await running.start([topicSettings({ ws_url, flush_interval_ms: 5, ca_file, ...settings })], null);
  let stopped: Promise<number> | null = null;
  const stop = () => {
    stopped ??= running.stop('stopped');
    return stopped;
  };
  onTestFinished(async () => void (await stop()));
  const report = () => {
    const [topic] = running.report().topics;
    if (topic === undefined) throw new Error('the capture has no topic');
    return topic;
  };
  const wait = async <T>(what: string, look: () => T | null): Promise<T> => {
    const deadline = performance.now() + UNTIL_MS_MAX;
    for (let found = look(); ; found = look()) {
      if (found !== null) return found;
      if (performance.now() > deadline) {
        throw new Error(
          `not within 15 s: ${what}\n${JSON.stringify(report())}\n${log.map((l) => l.message).join('\n')}`,
        );
      }
      await delay(2);
    }
  };
  return {
    folder,
    log,
    report,
    until: (what, holds) => wait(what, () => (holds(report()) ? report() : null)),
    untilLogged: (pattern) =>
      wait(`a log line like ${pattern}`, () => log.find((l) => pattern.test(l.message))?.message ?? null),
    stop,
    async lines() {
      const texts = Object.values(await readHourFiles(folder));
      return texts.flatMap((text) => text.split('\n').slice(0, -1));
    },
  };
}
