// Gate v4's trades, and books that count their changes.

import { gate as preset } from '../../shared/protocols/gate.js';
import type { Parts } from '../../shared/topic-form.js';
import { type Exchange, sideOf, type Tick } from './exchange.js';

const message = ({ ms }: Tick, { channel }: Parts, result: object): object => ({
  time: Math.floor(ms / 1000),
  time_ms: ms,
  channel,
  event: 'update',
  result,
});

export const gate: Exchange = {
  preset,
  title: 'Gate',
  kinds: [
    {
      topic: (coin) => `spot.trades:${coin}_USDT`,
      message: (tick, parts) =>
        message(tick, parts, {
          id: tick.number,
          create_time_ms: String(tick.ms - 1),
          side: sideOf(tick),
          currency_pair: parts.first,
          amount: tick.size,
          price: tick.price,
        }),
    },
    {
      topic: (coin) => `spot.order_book_update:${coin}_USDT:100ms`,
      message: (tick, parts) =>
        message(tick, parts, {
          t: tick.ms,
          e: 'depthUpdate',
          s: parts.first,
          U: tick.number,
          u: tick.number,
          b: [[tick.bid, tick.size]],
          a: [[tick.ask, tick.size]],
        }),
    },
  ],
  confirms: () => ({ time: Math.floor(Date.now() / 1000), error: null, result: { status: 'success' } }),
};
