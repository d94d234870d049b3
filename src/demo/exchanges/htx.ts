// HTX's trades and books. It asks every 5 s whether we are there.

import { htx as preset } from '../../shared/protocols/htx.js';
import { type Exchange, lower, sideOf } from './exchange.js';

export const htx: Exchange = {
  preset,
  title: 'HTX',
  kinds: [
    {
      topic: (coin) => `market.${lower(coin)}usdt.trade.detail`,
      message: (tick, { topic }) => ({
        ch: topic,
        ts: tick.ms,
        tick: {
          id: tick.number,
          ts: tick.ms - 1,
          data: [
            {
              tradeId: tick.number,
              ts: tick.ms - 1,
              amount: Number(tick.size),
              price: Number(tick.price),
              direction: sideOf(tick),
            },
          ],
        },
      }),
    },
    {
      topic: (coin) => `market.${lower(coin)}usdt.bbo`,
      message: (tick, { topic }) => ({
        ch: topic,
        ts: tick.ms,
        tick: {
          seqId: tick.number,
          bid: Number(tick.bid),
          bidSize: Number(tick.size),
          ask: Number(tick.ask),
          askSize: Number(tick.size),
        },
      }),
    },
  ],
  confirms: () => ({ ts: Date.now() }),
  asks: { every_ms: 5_000, also: {} },
};
