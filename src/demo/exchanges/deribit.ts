// Deribit's trades, and books that each name the number of the one before. It answers in JSON-RPC.

import { deribit as preset } from '../../shared/protocols/deribit.js';
import { type Exchange, sideOf } from './exchange.js';

export const deribit: Exchange = {
  preset,
  title: 'Deribit',
  kinds: [
    {
      topic: (coin) => `trades.${coin}-PERPETUAL.100ms`,
      message: (tick, { topic = '' }) => ({
        jsonrpc: '2.0',
        method: 'subscription',
        params: {
          channel: topic,
          data: [
            {
              trade_seq: tick.number,
              trade_id: String(tick.number),
              timestamp: tick.ms,
              price: Number(tick.price),
              instrument_name: topic.split('.')[1],
              direction: sideOf(tick),
              amount: Number(tick.size),
            },
          ],
        },
      }),
    },
    {
      topic: (coin) => `book.${coin}-PERPETUAL.100ms`,
      message: (tick, { topic = '' }) => ({
        jsonrpc: '2.0',
        method: 'subscription',
        params: {
          channel: topic,
          data: {
            type: tick.is_first ? 'snapshot' : 'change',
            timestamp: tick.ms,
            ...(!tick.is_first && { prev_change_id: tick.number - 1 }),
            instrument_name: topic.split('.')[1],
            change_id: tick.number,
            bids: [[tick.is_first ? 'new' : 'change', Number(tick.bid), Number(tick.size)]],
            asks: [[tick.is_first ? 'new' : 'change', Number(tick.ask), Number(tick.size)]],
          },
        },
      }),
    },
  ],
  confirms: () => ({ jsonrpc: '2.0', testnet: false }),
  replies: [
    {
      when: { method: 'public/set_heartbeat' },
      send: { jsonrpc: '2.0', id: '{=id}', result: 'ok', testnet: false },
    },
    {
      when: { method: 'public/test' },
      send: { jsonrpc: '2.0', id: '{=id}', result: { version: '1.2.26' }, testnet: false },
    },
  ],
  asks: { every_ms: 30_000, also: { jsonrpc: '2.0' } },
};
