// Hyperliquid's trades and best prices.

import { hyperliquid as preset } from '../../shared/protocols/hyperliquid.js';
import type { Exchange } from './exchange.js';

export const hyperliquid: Exchange = {
  preset,
  title: 'Hyperliquid',
  kinds: [
    {
      topic: (coin) => `trades:${coin}`,
      message: (tick, { type, coin }) => ({
        channel: type,
        data: [
          {
            coin,
            side: tick.is_buy ? 'B' : 'A',
            px: tick.price,
            sz: tick.size,
            time: tick.ms,
            tid: tick.number,
          },
        ],
      }),
    },
    {
      topic: (coin) => `bbo:${coin}`,
      message: (tick, { type, coin }) => ({
        channel: type,
        data: {
          coin,
          time: tick.ms,
          bbo: [
            { px: tick.bid, sz: tick.size, n: 1 },
            { px: tick.ask, sz: tick.size, n: 1 },
          ],
        },
      }),
    },
  ],
};
