// Numbers drawn from a seed: the same seed, the same market.

export class Random {
  #state: number;

  constructor(seed: string) {
    // Every character moves every bit: seeds that differ in one character share nothing.
    let state = 0x9e3779b9;
    for (const char of seed) {
      state = Math.imul(state ^ (char.codePointAt(0) ?? 0), 0x85ebca6b);
      state ^= state >>> 15;
    }
    this.#state = state === 0 ? 1 : state;
    // The first numbers of near seeds are near each other.
    for (let i = 0; i < 8; i += 1) this.bits();
  }

  /** 32 bits, never all zero. */
  bits(): number {
    let x = this.#state;
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    this.#state = x;
    return x >>> 0;
  }

  /** In [0, 1). */
  fraction(): number {
    return this.bits() / 2 ** 32;
  }

  /** A whole number from `min` to `max`, both included. */
  whole(min: number, max: number): number {
    return min + Math.floor(this.fraction() * (max - min + 1));
  }

  chance(probability: number): boolean {
    return this.fraction() < probability;
  }

  /** Exponentially distributed: what waiting times and order sizes look like. */
  exponential(mean: number): number {
    return -mean * Math.log(1 - this.fraction());
  }

  /** In the form of a UUID of version 5, as Bybit's trade ids are. */
  uuid(): string {
    const hex = [0, 1, 2, 3].map(() => this.bits().toString(16).padStart(8, '0')).join('');
    const parts = [
      hex.slice(0, 8),
      hex.slice(8, 12),
      `5${hex.slice(13, 16)}`,
      `b${hex.slice(17, 20)}`,
      hex.slice(20),
    ];
    return parts.join('-');
  }
}
