// The world of a run: the feed, the network, the disk, the clock and the program under test, all in one folder,
// and the faults that strike it.

import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Archive } from './archive.mjs';
import { Clock } from './clock.mjs';
import { KINDS } from './faults.mjs';
import { Feed } from './feed.mjs';
import { MemoryWatch } from './memory.mjs';
import { Probe } from './probe.mjs';
import { Processes } from './processes.mjs';
import { TcpProxy } from './proxy.mjs';
import { Supervision } from './supervision.mjs';
import { COMMON_SETTINGS, HOUR_MS, TOPICS } from './topics.mjs';
import { Volume } from './volume.mjs';

/** The longest delay before a reconnect is 30 s, and so is the one before a restart; they may follow each other. */
const SETTLE_MS_MAX = 100_000;
/** A killed process is gone at once, unless it hangs inside the kernel. */
const KILLED_MS_MAX = 5_000;
/** A topic is well when what was written is no older than this: longer than a ping interval. */
const FRESH_MS = 3_500;

/**
 * @typedef {object} Fault one that struck
 * @property {string} kind
 * @property {string | null} topic null: all
 * @property {Record<string, unknown>} drawn
 * @property {number} at_ms by the true clock
 * @property {number} end_ms
 */

export class World {
  folder = mkdtempSync(join(tmpdir(), 'streamer-chaos-'));
  /** @type {Fault[]} */
  faults = [];
  processes = new Processes();
  feed = new Feed(TOPICS);
  /** @type {Map<string, TcpProxy>} */
  proxies = new Map();
  volume = new Volume(this.folder);
  clock = new Clock(this.folder, () => this.processes.signalUsr2());
  archive = new Archive(this.volume.path, join(this.folder, 'archive'));
  probe = new Probe(this.volume.path, this.feed);
  memory = new MemoryWatch(this.processes);
  socket = join(this.folder, 'status.sock');
  /** @type {Supervision} */
  supervision;
  #striking = new Set();
  /** The program's environment. */
  env;

  /** @param {string} program the folder that holds `cli.js` */
  constructor(program) {
    const config = join(this.folder, 'config.json');
    this.env = {
      ...this.processes.env,
      ...this.volume.env,
      ...this.clock.env,
      CAPTURE_TEST_HOUR_MS: String(HOUR_MS),
    };
    const command = [join(program, 'cli.js'), 'run', '--config', config];
    this.supervision = new Supervision(command, this.env, join(this.folder, 'printed.txt'));
  }

  async start() {
    mkdirSync(join(this.folder, 'archive'));
    await this.feed.start();
    for (const { topic } of TOPICS) {
      const proxy = new TcpProxy(this.feed);
      this.proxies.set(topic, proxy);
      await proxy.start();
    }
    const config = {
      output_dir: this.volume.path,
      status_socket: this.socket,
      log_file: join(this.folder, 'system.log'),
      ...COMMON_SETTINGS,
      topics: TOPICS.map(({ topic, settings }) => ({
        topic,
        ws_url: `ws://127.0.0.1:${this.proxies.get(topic).port}/${encodeURIComponent(topic)}`,
        ...settings,
      })),
    };
    writeFileSync(join(this.folder, 'config.json'), JSON.stringify(config, null, 2));
    this.supervision.start();
    this.probe.start();
    this.memory.start();
  }

  /** Strikes what is planned, at its time; resolves when `duration_ms` are over. */
  async suffer(schedule, duration_ms, tell) {
    const started = performance.now();
    const left_ms = (until_ms) => Math.max(0, until_ms - (performance.now() - started));
    for (const { after_ms, kind, topic, drawn } of schedule) {
      await delay(left_ms(after_ms));
      this.archive.sweep();
      this.#strike({ kind, topic, drawn, at_ms: Date.now(), end_ms: Number.POSITIVE_INFINITY }, tell);
    }
    await delay(left_ms(duration_ms));
  }

  /**
   * Waits until what was struck is over and every topic is captured again.
   * @returns the topics that did not come back
   */
  async settle() {
    await Promise.all(this.#striking);
    const deadline = performance.now() + SETTLE_MS_MAX;
    const sick = () =>
      TOPICS.map(({ topic }) => topic).filter((topic) => !this.probe.isFresh(topic, FRESH_MS));
    await delay(FRESH_MS);
    while (sick().length > 0 && performance.now() < deadline) await delay(100);
    return sick();
  }

  /** Stops the program in good order. @returns {Promise<Fault>} which may explain what ended by it */
  async stop() {
    const at_ms = Date.now();
    await this.supervision.stop(this.processes);
    this.probe.stop();
    this.memory.stop();
    return { kind: 'restart', topic: null, drawn: {}, at_ms, end_ms: Date.now() };
  }

  /** Ends and removes what is left, the folder excepted. */
  async close() {
    this.supervision.abandon();
    for (const { pid } of this.processes.all()) this.processes.signal(pid, 'SIGKILL');
    this.probe.stop();
    this.memory.stop();
    for (const proxy of this.proxies.values()) proxy.stop();
    await this.feed.stop();
    for (let waited_ms = 0; this.processes.all().length > 0 && waited_ms < KILLED_MS_MAX; waited_ms += 20) {
      await delay(20);
    }
    this.volume.unmount();
  }

  #strike(fault, tell) {
    this.faults.push(fault);
    tell(fault);
    const work = (async () => KINDS[fault.kind].strike(this, fault.topic, fault.drawn))().then(() => {
      fault.end_ms = Date.now();
      this.#striking.delete(work);
    });
    this.#striking.add(work);
  }
}
