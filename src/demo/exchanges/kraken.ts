// Kraken v2's trades and tickers, its greeting, and its heartbeat of each second.

import { kraken as preset } from '../../shared/protocols/kraken.js';
import { type Exchange, isoTime, sideOf } from './exchange.js';

export const kraken: Exchange = {
  preset,
  title: 'Kraken',
  kinds: [
    {
      topic: (coin) => `trade:${coin}/USD`,
      message: (tick, { channel, symbol }) => ({
        channel,
        type: tick.is_first ? 'snapshot' : 'update',
        data: [
          {
            symbol,
            side: sideOf(tick),
            price: Number(tick.price),
            qty: Number(tick.size),
            ord_type: 'limit',
            trade_id: tick.number,
            timestamp: isoTime(tick),
          },
        ],
      }),
    },
    {
      topic: (coin) => `ticker:${coin}/USD`,
      message: (tick, { channel, symbol }) => ({
        channel,
        type: tick.is_first ? 'snapshot' : 'update',
        data: [
          {
            symbol,
            bid: Number(tick.bid),
            bid_qty: Number(tick.size),
            ask: Number(tick.ask),
            ask_qty: Number(tick.size),
            last: Number(tick.price),
          },
        ],
      }),
    },
  ],
  greeting: [
    {
      channel: 'status',
      type: 'update',
      data: [{ version: '2.0.0', system: 'online', api_version: 'v2', connection_id: 1 }],
    },
  ],
  heartbeat: { every_ms: 1_000, message: () => ({ channel: 'heartbeat' }) },
};
