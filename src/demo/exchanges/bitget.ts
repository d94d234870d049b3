// Bitget v2's trades and books.

import { bitget as preset } from '../../shared/protocols/bitget.js';
import { type Exchange, sideOf } from './exchange.js';

export const bitget: Exchange = {
  preset,
  title: 'Bitget',
  kinds: [
    {
      topic: (coin) => `USDT-FUTURES:trade:${coin}USDT`,
      message: (tick, { instType, channel, instId }) => ({
        action: tick.is_first ? 'snapshot' : 'update',
        arg: { instType, channel, instId },
        data: [
          {
            ts: String(tick.ms - 1),
            price: tick.price,
            size: tick.size,
            side: sideOf(tick),
            tradeId: String(tick.number),
          },
        ],
        ts: tick.ms,
      }),
    },
    {
      topic: (coin) => `USDT-FUTURES:books:${coin}USDT`,
      message: (tick, { instType, channel, instId }) => ({
        action: tick.is_first ? 'snapshot' : 'update',
        arg: { instType, channel, instId },
        data: [
          {
            asks: [[tick.ask, tick.size]],
            bids: [[tick.bid, tick.size]],
            seq: tick.number,
            ts: String(tick.ms),
          },
        ],
        ts: tick.ms,
      }),
    },
  ],
};
