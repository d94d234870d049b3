// Bitfinex v2's trades and books: lists that begin with the number of their channel, and in between its heartbeats.

import { bitfinex as preset } from '../../shared/protocols/bitfinex.js';
import type { Exchange, Tick } from './exchange.js';

/** Now and then a heartbeat, as if nothing had happened. */
const HEARTBEAT_MESSAGES = 20;

/** A snapshot is a list of what an update is one of. */
function message(
  { channel, is_first, number }: Tick,
  update: readonly unknown[],
  row: readonly number[],
): object {
  if (is_first) return [channel, [row]];
  return number % HEARTBEAT_MESSAGES === 0 ? [channel, 'hb'] : [channel, ...update];
}

const signed = ({ is_buy, size }: Tick): number => (is_buy ? Number(size) : -Number(size));

export const bitfinex: Exchange = {
  preset,
  title: 'Bitfinex',
  kinds: [
    {
      topic: (coin) => `trades:t${coin}USD`,
      message: (tick) => {
        const row = [tick.number, tick.ms - 1, signed(tick), Number(tick.price)];
        return message(tick, ['te', row], row);
      },
    },
    {
      topic: (coin) => `book:t${coin}USD/P0/F0/25`,
      message: (tick) => {
        const row = [Number(tick.is_buy ? tick.bid : tick.ask), 1, signed(tick)];
        return message(tick, [row], row);
      },
    },
  ],
  greeting: [{ event: 'info', version: 2, serverId: 'd3m0feed', platform: { status: 1 } }],
};
