// BitMEX's trades and quotes, and its greeting. A table begins with a `partial` of what it holds.

import { bitmex as preset } from '../../shared/protocols/bitmex.js';
import type { Parts } from '../../shared/topic-form.js';
import { type Exchange, isoTime, type Tick, withXbt } from './exchange.js';

const message = ({ is_first }: Tick, { table, symbol }: Parts, row: object): object => ({
  table,
  action: is_first ? 'partial' : 'insert',
  ...(is_first && { filter: { symbol } }),
  data: [row],
});

export const bitmex: Exchange = {
  preset,
  title: 'BitMEX',
  kinds: [
    {
      topic: (coin) => `trade:${withXbt(coin)}USD`,
      message: (tick, parts) =>
        message(tick, parts, {
          symbol: parts.symbol,
          timestamp: isoTime(tick),
          side: tick.is_buy ? 'Buy' : 'Sell',
          size: Number(tick.size),
          price: Number(tick.price),
          trdMatchID: String(tick.number),
        }),
    },
    {
      topic: (coin) => `quote:${withXbt(coin)}USD`,
      message: (tick, parts) =>
        message(tick, parts, {
          symbol: parts.symbol,
          timestamp: isoTime(tick),
          bidSize: Number(tick.size),
          bidPrice: Number(tick.bid),
          askPrice: Number(tick.ask),
          askSize: Number(tick.size),
        }),
    },
  ],
  greeting: [
    { info: 'Welcome to a made-up BitMEX Realtime API.', version: '2.0.0', limit: { remaining: 39 } },
  ],
  confirms: (topics) => ({ request: { op: 'subscribe', args: topics.map(({ topic }) => topic) } }),
};
