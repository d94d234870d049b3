// Coinbase's two feeds. A confirmation lists what is subscribed; on Advanced the heartbeats are a subscription, too.

import {
  coinbase_advanced as advanced_preset,
  coinbase_exchange as exchange_preset,
} from '../../shared/protocols/coinbase.js';
import type { Parts } from '../../shared/topic-form.js';
import { type Exchange, isoTime, sideOf } from './exchange.js';

/** The products of each channel. */
function byChannel(topics: readonly Parts[]): [channel: string, product_ids: string[]][] {
  const channels = new Map<string, string[]>();
  for (const { channel = '', product_id = '' } of topics)
    channels.set(channel, [...(channels.get(channel) ?? []), product_id]);
  return [...channels];
}

export const coinbase_exchange: Exchange = {
  preset: exchange_preset,
  title: 'Coinbase Exchange',
  kinds: [
    {
      topic: (coin) => `matches:${coin}-USD`,
      message: (tick, { product_id }) => ({
        type: tick.is_first ? 'last_match' : 'match',
        trade_id: tick.number,
        side: sideOf(tick),
        size: tick.size,
        price: tick.price,
        product_id,
        sequence: tick.number * 3,
        time: isoTime(tick),
      }),
    },
    {
      topic: (coin) => `ticker:${coin}-USD`,
      message: (tick, { product_id }) => ({
        type: 'ticker',
        sequence: tick.number * 3 + 1,
        product_id,
        price: tick.price,
        best_bid: tick.bid,
        best_ask: tick.ask,
        side: sideOf(tick),
        time: isoTime(tick),
        last_size: tick.size,
      }),
    },
  ],
  confirms: (topics) => ({
    channels: byChannel(topics).map(([name, product_ids]) => ({ name, product_ids })),
  }),
};

export const coinbase_advanced: Exchange = {
  preset: advanced_preset,
  title: 'Coinbase Advanced',
  kinds: [
    {
      topic: (coin) => `market_trades:${coin}-USD`,
      message: (tick, { channel, product_id }) => ({
        channel,
        timestamp: isoTime(tick),
        sequence_num: tick.number,
        events: [
          {
            type: tick.is_first ? 'snapshot' : 'update',
            trades: [
              {
                trade_id: String(tick.number),
                product_id,
                price: tick.price,
                size: tick.size,
                side: sideOf(tick).toUpperCase(),
                time: isoTime(tick),
              },
            ],
          },
        ],
      }),
    },
    {
      topic: (coin) => `level2:${coin}-USD`,
      message: (tick, { product_id }) => ({
        channel: 'l2_data',
        timestamp: isoTime(tick),
        sequence_num: tick.number,
        events: [
          {
            type: tick.is_first ? 'snapshot' : 'update',
            product_id,
            updates: [
              { side: 'bid', event_time: isoTime(tick), price_level: tick.bid, new_quantity: tick.size },
              { side: 'offer', event_time: isoTime(tick), price_level: tick.ask, new_quantity: tick.size },
            ],
          },
        ],
      }),
    },
  ],
  confirms: (topics) => ({
    events: [
      {
        // A request that names no product is the one for heartbeats.
        subscriptions:
          topics.length > 0 ? Object.fromEntries(byChannel(topics)) : { heartbeats: ['heartbeats'] },
      },
    ],
  }),
  heartbeat: {
    every_ms: 1_000,
    message: (number, ms) => ({
      channel: 'heartbeats',
      timestamp: new Date(ms).toISOString(),
      events: [{ current_time: new Date(ms).toISOString(), heartbeat_counter: number }],
    }),
  },
};
