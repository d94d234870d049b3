// A feed on files of a test's own or on any source, and clients of it that keep all that they receive.

import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { expect, onTestFinished } from 'vitest';
import { WebSocket } from 'ws';
import { fileSource } from '../../src/replay/files.js';
import { planStreams } from '../../src/replay/plan.js';
import { type ConnectionCounts, type Feed, type FeedOptions, startFeed } from '../../src/replay/server.js';
import { testFolder } from '../testing/folder.js';

/** Faster than any test can take it. */
export const AT_ONCE = { kind: 'rate', per_s: 1e9 } as const;
const WAIT_MS_MAX = 10_000;

export interface TestFeed extends Feed {
  readonly sent: { readonly topic: string; readonly text: string }[];
  readonly ended: ConnectionCounts[];
  readonly problems: string[];
}

/** Closed when the test ends. */
export async function feedOf(options: Omit<FeedOptions, 'pace'> & Partial<FeedOptions>): Promise<TestFeed> {
  const sent: TestFeed['sent'] = [];
  const ended: ConnectionCounts[] = [];
  const problems: string[] = [];
  const feed = await startFeed({
    pace: AT_ONCE,
    on_send: (topic, message) => sent.push({ topic, text: message.toString('latin1') }),
    on_end: (connection) => ended.push(connection),
    on_problem: (sentence) => problems.push(sentence),
    ...options,
  });
  onTestFinished(() => feed.close());
  return { ...feed, sent, ended, problems };
}

/** Files by name, in a folder of their own; names that end with `.gz` are packed. Their paths, in this order. */
export async function filesOf(contents: Readonly<Record<string, string | Buffer>>): Promise<string[]> {
  const folder = await testFolder();
  const paths: string[] = [];
  for (const [name, content] of Object.entries(contents)) {
    const path = join(folder, name);
    await writeFile(path, name.endsWith('.gz') ? gzipSync(content) : content);
    paths.push(path);
  }
  return paths;
}

/** A feed of these files or folders, as `streamer replay` serves them. */
export async function feedOfFiles(
  paths: readonly string[],
  options: Partial<FeedOptions> = {},
): Promise<TestFeed> {
  return feedOf({ source: fileSource((await planStreams(paths)).streams), ...options });
}

export interface Answer {
  readonly success: boolean;
  readonly ret_msg: string;
  readonly conn_id: string;
  readonly req_id: string;
  readonly op: string;
}

export class FeedClient {
  /** Everything but answers, byte for byte. */
  readonly messages: Buffer[] = [];
  readonly answers: Answer[] = [];
  /** Which of all that came were answers: `a`, or messages: `m`. */
  order = '';
  readonly binary: boolean[] = [];
  readonly closed: Promise<{ code: number; reason: string }>;

  constructor(readonly ws: WebSocket) {
    ws.on('message', (data: Buffer, is_binary) => {
      const is_answer = /^\{"success":\w+,"ret_msg":.*"conn_id":/.test(data.toString('latin1', 0, 500));
      this.order += is_answer ? 'a' : 'm';
      if (is_answer) this.answers.push(JSON.parse(String(data)) as Answer);
      else {
        this.messages.push(Buffer.from(data));
        this.binary.push(is_binary);
      }
    });
    this.closed = once(ws, 'close').then(([code, reason]) => ({
      code: Number(code),
      reason: String(reason),
    }));
  }

  get texts(): string[] {
    return this.messages.map(String);
  }

  textsOf(topic: string): string[] {
    return this.texts.filter((text) => text.includes(`"topic":"${topic}"`));
  }

  send(request: unknown): void {
    this.ws.send(typeof request === 'string' ? request : JSON.stringify(request));
  }

  /** Resolves to the answer to the next request. */
  async ask(request: unknown): Promise<Answer> {
    const before = this.answers.length;
    this.send(request);
    await this.until(() => this.answers.length > before);
    return this.answers[before] as Answer;
  }

  subscribe(...topics: string[]): Promise<Answer> {
    return this.ask({ op: 'subscribe', req_id: 'r', args: topics });
  }

  async until(holds: () => boolean): Promise<void> {
    await expect.poll(holds, { timeout: WAIT_MS_MAX, interval: 5 }).toBe(true);
  }

  untilMessages(count: number): Promise<void> {
    return this.until(() => this.messages.length >= count);
  }
}

/** Connected; cut when the test ends. */
export async function clientOf(feed: Feed): Promise<FeedClient> {
  const ws = new WebSocket(`${feed.url}/v5/public/linear`);
  const client = new FeedClient(ws);
  onTestFinished(() => ws.terminate());
  await once(ws, 'open');
  return client;
}

/** One that has subscribed the topics. */
export async function subscriberOf(feed: Feed, ...topics: string[]): Promise<FeedClient> {
  const client = await clientOf(feed);
  await client.subscribe(...topics);
  return client;
}

/** A message in Bybit's form. */
export function line(topic: string, n: number, ts_ms = 1_767_322_800_000 + n): string {
  return `{"topic":"${topic}","type":"delta","ts":${ts_ms},"data":{"n":${n}}}`;
}

export const lines = (topic: string, count: number, from = 0): string[] =>
  Array.from({ length: count }, (_, i) => line(topic, from + i));

export const asFile = (texts: readonly string[]): string => texts.map((text) => `${text}\n`).join('');
