// What is traded: how its prices and sizes are written. Prices and sizes are whole numbers of their last digit
// throughout the market, so nothing is ever rounded.

export interface Instrument {
  readonly symbol: string;
  readonly price_digits: number;
  /** The smallest step of the price, in its last digit. */
  readonly tick: number;
  readonly size_digits: number;
  readonly first_price: number;
}

const KNOWN: readonly Instrument[] = [
  { symbol: 'BTCUSDT', price_digits: 2, tick: 10, size_digits: 3, first_price: 6_511_420 },
  { symbol: 'ETHUSDT', price_digits: 2, tick: 1, size_digits: 2, first_price: 192_242 },
  { symbol: 'SOLUSDT', price_digits: 3, tick: 10, size_digits: 1, first_price: 77_310 },
];

/** Any symbol is traded; one that is not known in the manner of a small coin. */
export function instrumentOf(symbol: string): Instrument {
  const known = KNOWN.find((instrument) => instrument.symbol === symbol);
  return known ?? { symbol, price_digits: 4, tick: 1, size_digits: 0, first_price: 12_345 };
}

/** `units` of the last digit as Bybit writes it: a string with all digits. */
export function decimal(units: number, digits: number): string {
  return (units / 10 ** digits).toFixed(digits);
}
