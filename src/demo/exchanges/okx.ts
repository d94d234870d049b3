// OKX v5's trades, and books that each name the number of the one before.

import { okx as preset } from '../../shared/protocols/okx.js';
import { type Exchange, sideOf } from './exchange.js';

export const okx: Exchange = {
  preset,
  title: 'OKX',
  kinds: [
    {
      topic: (coin) => `trades:${coin}-USDT`,
      message: (tick, { channel, instId }) => ({
        arg: { channel, instId },
        data: [
          {
            instId,
            tradeId: String(tick.number),
            px: tick.price,
            sz: tick.size,
            side: sideOf(tick),
            ts: String(tick.ms),
          },
        ],
      }),
    },
    {
      topic: (coin) => `books:${coin}-USDT`,
      message: (tick, { channel, instId }) => ({
        arg: { channel, instId },
        action: tick.is_first ? 'snapshot' : 'update',
        data: [
          {
            asks: [[tick.ask, tick.size, '0', '1']],
            bids: [[tick.bid, tick.size, '0', '1']],
            ts: String(tick.ms),
            prevSeqId: tick.is_first ? -1 : tick.number - 1,
            seqId: tick.number,
          },
        ],
      }),
    },
  ],
  confirms: () => ({ connId: 'd3m0feed' }),
};
