// What can go wrong, a table: how likely each kind is, what is drawn for it, how it strikes, and what it may
// explain. `strike` resolves when the fault is over.

import { setTimeout as delay } from 'node:timers/promises';
import { JUNK_KINDS } from './junk.mjs';
import { encodeName } from './topics.mjs';

/**
 * @typedef {import('./world.mjs').World} World
 * @typedef {import('./random.mjs').Random} Random
 *
 * @typedef {object} Kind
 * @property {number} weight
 * @property {boolean} is_global it strikes all topics
 * @property {(random: Random) => Record<string, unknown>} draw
 * @property {(world: World, topic: string, drawn: any) => Promise<void> | void} strike
 * @property {number=} ends_peer_ms until so long after it is over the client may end the connection of it
 * @property {string[]=} gaps reasons of gaps that it may cause without the loss of a connection
 */

const ms = (random, min, max) => ({ duration_ms: random.whole(min, max) });
const nothing = () => ({});

const TRAPS = [
  { operation: 'write data', when: 'before' },
  { operation: 'write data', when: 'half' },
  { operation: 'write data', when: 'half' },
  { operation: 'write data', when: 'half' },
  { operation: 'write data', when: 'after' },
  { operation: 'write ledger', when: 'before' },
  { operation: 'write ledger', when: 'half' },
  { operation: 'write ledger', when: 'after' },
  { operation: 'write mark', when: 'before' },
  { operation: 'write mark', when: 'after' },
  { operation: 'datasync data', when: 'before' },
  { operation: 'datasync data', when: 'after' },
  { operation: 'datasync ledger', when: 'before' },
];

/** A graceful stop of a capture has a deadline of 8 s. */
const STOP_MS = 10_000;
const DEATH_MS = 1_000;

/** @type {Record<string, Kind>} */
export const KINDS = {
  kill_capture: {
    weight: 9,
    is_global: false,
    draw: nothing,
    strike: (world, topic) => killAll(world, world.processes.captures(topic)),
    ends_peer_ms: DEATH_MS,
  },
  kill_in_write: {
    weight: 9,
    is_global: false,
    draw: (random) => random.pick(TRAPS),
    async strike({ volume }, topic, death) {
      volume.setTrap(encodeName(topic), death);
      await delay(6_000);
      volume.clearTrap(encodeName(topic));
    },
    ends_peer_ms: DEATH_MS,
  },
  kill_supervisor: {
    weight: 3,
    is_global: true,
    draw: nothing,
    strike({ processes, supervision }) {
      if (supervision.pid !== null) processes.signal(supervision.pid, 'SIGKILL');
    },
    ends_peer_ms: STOP_MS,
  },
  kill_everything: {
    weight: 2,
    is_global: true,
    draw: nothing,
    strike: (world) => killAll(world, world.processes.all()),
    ends_peer_ms: DEATH_MS,
  },
  restart: {
    weight: 2,
    is_global: true,
    draw: nothing,
    strike: ({ processes, supervision }) => supervision.terminate(processes),
    ends_peer_ms: STOP_MS,
  },
  stop_capture: {
    weight: 8,
    is_global: false,
    draw: (random) => ms(random, 500, 6_000),
    strike: (world, topic, { duration_ms }) =>
      standStill(world, world.processes.captures(topic), duration_ms),
    gaps: ['overflow'],
  },
  stop_supervisor: {
    weight: 1,
    is_global: true,
    draw: (random) => ms(random, 1_000, 4_000),
    strike(world, _topic, { duration_ms }) {
      const { pid } = world.supervision;
      return standStill(world, pid === null ? [] : [{ pid }], duration_ms);
    },
  },
  reset: {
    weight: 8,
    is_global: false,
    draw: nothing,
    strike: ({ feed }, topic) => feed.reset(feed.channels.get(topic), 'reset'),
  },
  close: {
    weight: 4,
    is_global: false,
    draw: (random) => ({ code: random.pick([1000, 1001, 1012, 4000]) }),
    strike: ({ feed }, topic, { code }) => feed.close(feed.channels.get(topic), code, 'close'),
  },
  half_open: {
    weight: 4,
    is_global: false,
    draw: nothing,
    strike({ feed, proxies }, topic) {
      proxies.get(topic).cut();
      feed.noteDead(feed.channels.get(topic), 'half_open');
    },
  },
  server_restart: {
    weight: 2,
    is_global: true,
    draw: (random) => ms(random, 50, 1_500),
    async strike({ feed }, _topic, { duration_ms }) {
      feed.goDown('server_restart');
      await delay(duration_ms);
      await feed.comeBack();
    },
  },
  unavailable: {
    weight: 3,
    is_global: false,
    draw: (random) => ms(random, 300, 2_000),
    async strike({ feed }, topic, { duration_ms }) {
      const channel = feed.channels.get(topic);
      channel.unavailable_until_ms = Date.now() + duration_ms;
      feed.reset(channel, 'unavailable');
      await delay(duration_ms);
    },
  },
  refused: {
    weight: 1,
    is_global: false,
    draw: nothing,
    strike({ feed }, topic) {
      const channel = feed.channels.get(topic);
      channel.refusals = 1;
      feed.close(channel, 1001, 'refused');
    },
  },
  slow_server: {
    weight: 4,
    is_global: false,
    draw: (random) => ({ ...ms(random, 500, 8_000), ack_ms: random.whole(0, 1_500) }),
    async strike({ feed }, topic, { duration_ms, ack_ms }) {
      const channel = feed.channels.get(topic);
      Object.assign(channel, { is_silent: true, ack_ms });
      await delay(duration_ms);
      Object.assign(channel, { is_silent: false, ack_ms: 0 });
    },
    ends_peer_ms: 2_000,
    // What it held back comes at once.
    gaps: ['overflow'],
  },
  late: {
    weight: 6,
    is_global: false,
    draw: (random) => ({ ...ms(random, 1_000, 4_000), delay_ms: random.whole(100, 600) }),
    async strike({ proxies }, topic, { duration_ms, delay_ms }) {
      const proxy = proxies.get(topic);
      proxy.delay_ms = delay_ms;
      await delay(duration_ms);
      proxy.delay_ms = 0;
    },
    gaps: ['overflow'],
  },
  junk: {
    weight: 7,
    is_global: false,
    draw: (random) => ({ junk: random.pick(JUNK_KINDS) }),
    strike: ({ feed }, topic, { junk }) => feed.junk(feed.channels.get(topic), junk),
    ends_peer_ms: DEATH_MS,
    gaps: ['undecodable'],
  },
  flood: {
    weight: 4,
    is_global: false,
    draw: (random) => ({ count: random.whole(1_000, 6_000) }),
    strike: ({ feed }, topic, { count }) => feed.flood(feed.channels.get(topic), count),
    gaps: ['overflow'],
  },
  disk_full: {
    weight: 3,
    is_global: true,
    draw: (random) => ms(random, 500, 5_000),
    async strike({ volume }, _topic, { duration_ms }) {
      volume.fill();
      await delay(duration_ms);
      volume.free();
    },
    gaps: ['overflow'],
  },
  disk_slow: {
    weight: 3,
    is_global: true,
    draw: (random) => ({ ...ms(random, 500, 5_000), slow_ms: random.whole(50, 800) }),
    async strike({ volume }, _topic, { duration_ms, slow_ms }) {
      volume.slow(slow_ms);
      await delay(duration_ms);
      volume.slow(0);
    },
    gaps: ['overflow'],
  },
  clock: {
    weight: 1,
    is_global: true,
    draw: (random) => ({ by_ms: random.whole(1_200, 5_000) }),
    strike({ clock }, _topic, { by_ms }) {
      // Forward and back in turns, so that the clock stays near.
      clock.step(clock.offset_ms > 0 ? -by_ms - clock.offset_ms : by_ms);
    },
    gaps: ['clock'],
  },
};

function killAll({ processes }, found) {
  for (const { pid } of found) processes.signal(pid, 'SIGKILL');
}

async function standStill({ processes, clock }, found, duration_ms) {
  const from_ms = Date.now();
  for (const { pid } of found) processes.signal(pid, 'SIGSTOP');
  await delay(duration_ms);
  for (const { pid } of found) processes.signal(pid, 'SIGCONT');
  clock.noteStandstill(from_ms, Date.now());
}
