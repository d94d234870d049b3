// Binance's trades and books, spot and USD-M: each book says where the one before it ended, in its market's way.

import { binance as binance_preset, binance_usdm as usdm_preset } from '../../shared/protocols/binance.js';
import type { Parts } from '../../shared/topic-form.js';
import { type Exchange, type Kind, lower, type Tick } from './exchange.js';

const symbolOf = ({ symbol = '' }: Parts): string => symbol.toUpperCase();

const trades: Kind = {
  topic: (coin) => `${lower(coin)}usdt@trade`,
  message: ({ number, ms, price, size, is_buy }, parts) => ({
    stream: parts.topic,
    data: {
      e: 'trade',
      E: ms,
      s: symbolOf(parts),
      t: number,
      p: price,
      q: size,
      T: ms - 1,
      m: !is_buy,
      M: true,
    },
  }),
};

const depth = (before: (tick: Tick) => object): Kind => ({
  topic: (coin) => `${lower(coin)}usdt@depth@100ms`,
  message: (tick, parts) => ({
    stream: parts.topic,
    data: {
      e: 'depthUpdate',
      E: tick.ms,
      s: symbolOf(parts),
      U: tick.number,
      u: tick.number,
      ...before(tick),
      b: [[tick.bid, tick.size]],
      a: [[tick.ask, tick.size]],
    },
  }),
});

export const binance: Exchange = {
  preset: binance_preset,
  title: 'Binance spot',
  kinds: [trades, depth(() => ({}))],
};

export const binance_usdm: Exchange = {
  preset: usdm_preset,
  title: 'Binance USD-M',
  kinds: [trades, depth(({ number }) => ({ pu: number - 1 }))],
};
