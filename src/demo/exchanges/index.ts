// The exchanges as which the demo's feed can speak: all presets but Bybit, which src/replay speaks for itself.

import { binance, binance_usdm } from './binance.js';
import { bitfinex } from './bitfinex.js';
import { bitget } from './bitget.js';
import { bitmex } from './bitmex.js';
import { coinbase_advanced, coinbase_exchange } from './coinbase.js';
import { deribit } from './deribit.js';
import type { Exchange } from './exchange.js';
import { gate } from './gate.js';
import { htx } from './htx.js';
import { hyperliquid } from './hyperliquid.js';
import { kraken } from './kraken.js';
import { none } from './none.js';
import { okx } from './okx.js';

export const EXCHANGES: readonly Exchange[] = [
  binance,
  binance_usdm,
  okx,
  coinbase_exchange,
  coinbase_advanced,
  kraken,
  bitget,
  deribit,
  bitmex,
  htx,
  gate,
  hyperliquid,
  bitfinex,
  none,
];
