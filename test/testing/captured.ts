// A capture in the test's own process, against a server of the test's, with a log that can be read and awaited.

import { setTimeout as delay } from 'node:timers/promises';
import { onTestFinished } from 'vitest';
import { Capture, type CaptureTools } from '../../src/capture/capture.js';
import type { Disk } from '../../src/capture/disk.js';
import { realDisk } from '../../src/capture/disk.js';
import type { Permit } from '../../src/capture/permits.js';
import { HOUR_MS } from '../../src/capture/recorder.js';
import type { LogLevel, StopReason, TopicReport } from '../../src/shared/ipc.js';
import { readBootId } from '../../src/shared/mark.js';
import { encodeName } from '../../src/shared/names.js';
import type { TopicSettings } from '../../src/shared/settings.js';
import { readHourFiles, testFolder } from './folder.js';
import { topicSettings } from './topic-settings.js';

const UNTIL_MS_MAX = 15_000;

/** What a capture of one topic, `t`, shows. */
export interface Captured {
  readonly folder: string;
  readonly log: Logged[];
  report(): TopicReport;
  until(what: string, holds: (report: TopicReport) => boolean): Promise<TopicReport>;
  /** Resolves when the log holds a line that matches, at the latest after 15 s. */
  untilLogged(pattern: RegExp): Promise<string>;
  stop(): Promise<number>;
  /** All lines of all hour files, in order. */
  lines(): Promise<string[]>;
}

/** What a capture of topics that share connections shows. */
export interface CapturedTopics {
  readonly folder: string;
  readonly log: Logged[];
  readonly capture: Capture;
  /** Of the topic of that name; undefined: there is none. */
  report(name: string): TopicReport | undefined;
  until(what: string, holds: (report: CapturedTopics['report']) => boolean): Promise<void>;
  untilLive(...names: string[]): Promise<void>;
  untilLogged(pattern: RegExp): Promise<string>;
  add(topic: Shared): Promise<void>;
  remove(name: string, reason?: StopReason): Promise<number>;
  stop(): Promise<number>;
  /** All lines of the hour files of that name. */
  lines(name: string): Promise<string[]>;
}

export interface Logged {
  readonly level: LogLevel;
  readonly message: string;
  /** The topic's; null: it is about all of them. */
  readonly name: string | null;
}

/** A topic by its name, or with settings of its own. */
export type Shared = string | (Partial<TopicSettings> & { readonly topic: string });

export interface CaptureOptions {
  readonly disk?: Disk;
  readonly now?: () => number;
  readonly folder?: string;
  readonly ca?: string;
  /** From 0 up to, and without, 1: the part of the longest delay that is waited before the next try. */
  readonly random?: () => number;
  /** None given: whoever asks may go at once. */
  readonly permit?: Permit;
  /** None given: the real one is not asked, and each topic is free. */
  readonly acquire?: CaptureTools['acquire'];
  /** Of topics that share connections: none is made before all of them are prepared, so that they are asked for together. */
  readonly together?: boolean;
  /** Under which names permits are asked for is told here. */
  readonly permitNames?: string[];
}

export const CONTROL = '_control';

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
  const ca_file = options.ca === undefined ? null : 'ca.pem';
  const topic = topicSettings({ ws_url, flush_interval_ms: 5, ca_file, ...settings });
  const running = await begin(options);
  await running.capture.start([topic], null);
  const { folder, log, stop, wait, untilLogged } = running;
  const report = () => {
    const [only] = running.capture.report().topics;
    if (only === undefined) throw new Error('the capture has no topic');
    return only;
  };
  return {
    folder,
    log,
    report,
    until: (what, holds) =>
      wait(what, () => {
        // One report: the longest waits are told once.
        const last = report();
        return holds(last) ? last : null;
      }),
    untilLogged,
    stop,
    async lines() {
      const texts = Object.values(await readHourFiles(folder));
      return texts.flatMap((text) => text.split('\n').slice(0, -1));
    },
  };
}

/** Starts a capture of topics that share connections as far as they can, with the files `_control`; else as `capture`. */
export async function captureShared(
  ws_url: string,
  topics: readonly Shared[],
  settings: Partial<TopicSettings> = {},
  options: CaptureOptions = {},
): Promise<CapturedTopics> {
  const settingsOf = (shared: Shared) => {
    const own = typeof shared === 'string' ? { topic: shared } : shared;
    return topicSettings({ ws_url, flush_interval_ms: 5, ...settings, name: own.topic, ...own });
  };
  const whenAllArePrepared: Permit = (_kind, _count, _down_since_ms, go) => {
    const isPrepared = () => running.capture.report().topics.every(({ state }) => state !== 'starting');
    wait('all prepared', () => (isPrepared() ? true : null)).then(go, () => {});
    return () => {};
  };
  const running = await begin({ ...options, ...(options.together && { permit: whenAllArePrepared }) });
  const { folder, log, stop, wait, untilLogged } = running;
  // Not awaited: a topic may wait for its lock as long as the test likes.
  const started = running.capture.start(topics.map(settingsOf), CONTROL);
  started.catch(() => {});
  const report = (name: string) => running.capture.report().topics.find((topic) => topic.name === name);
  const until: CapturedTopics['until'] = async (what, holds) =>
    void (await wait(what, () => (holds(report) ? true : null)));
  return {
    folder,
    log,
    capture: running.capture,
    report,
    until,
    untilLive: (...names) =>
      until(`${names} live`, (of) => names.every((name) => of(name)?.state === 'live')),
    untilLogged,
    add: (topic) => running.capture.add(settingsOf(topic)),
    remove: (name, reason = 'stopped') => running.capture.remove(name, reason),
    stop,
    async lines(name) {
      const texts = Object.entries(await readHourFiles(folder));
      const start = `${encodeName(name)}_`;
      const own = texts.filter(
        ([file]) => file.startsWith(start) && /^\d+\.jsonl$/.test(file.slice(start.length)),
      );
      return own.flatMap(([, text]) => text.split('\n').slice(0, -1));
    },
  };
}

/** A capture that has no topic yet. */
async function begin(options: CaptureOptions) {
  const folder = options.folder ?? (await testFolder());
  const log: Logged[] = [];
  const capture = new Capture(folder, {
    disk: options.disk ?? realDisk,
    now: options.now ?? Date.now,
    uptime: () => performance.now(),
    random: options.random ?? (() => 0),
    acquire: options.acquire ?? (async () => ({ release: async () => {} })),
    permitFor:
      (name) =>
      (...asked) => {
        options.permitNames?.push(name);
        return (options.permit ?? goAtOnce)(...asked);
      },
    authorities: () => [options.ca ?? ''],
    memoryBytes: () => 0,
    cpuMs: () => 0,
    pid: process.pid,
    boot_id: await readBootId(),
    hour_ms: HOUR_MS,
    log: (level, message, name) => log.push({ level, message, name }),
  });
  let stopped: Promise<number> | null = null;
  const stop = () => {
    stopped ??= capture.stop('stopped');
    return stopped;
  };
  onTestFinished(async () => void (await stop()));
  const wait = async <T>(what: string, look: () => T | null): Promise<T> => {
    const deadline = performance.now() + UNTIL_MS_MAX;
    for (let found = look(); ; found = look()) {
      if (found !== null) return found;
      if (performance.now() > deadline) {
        const said = log.map(({ name, message }) => `[${name ?? ''}] ${message}`).join('\n');
        throw new Error(`not within 15 s: ${what}\n${JSON.stringify(capture.report())}\n${said}`);
      }
      await delay(2);
    }
  };
  const untilLogged = (pattern: RegExp) =>
    wait(`a log line like ${pattern}`, () => log.find((l) => pattern.test(l.message))?.message ?? null);
  return { folder, log, capture, stop, wait, untilLogged };
}
