// The records of a topic's ledger (`<name>.ledger`, a JSON line each): their shapes, and the one reading of a
// line that everybody shares. The capture writes them and reads them after a restart; `verify` judges by them.
//
// All times are Unix milliseconds. A record may have fields that are not named here: a later version's ledger
// can be read by an earlier one, as long as its kinds and reasons are known.

export const GAP_REASONS = [
  'disconnected',
  'stale',
  'rejected',
  'overflow',
  'disk',
  'crash',
  'stopped',
  'reconfigured',
  'clock',
  'oversize',
  'undecodable',
  'sequence',
] as const;

export type GapReason = (typeof GAP_REASONS)[number];

/** The subscription is confirmed: messages count from `since_ms`. */
export interface LiveRecord {
  readonly kind: 'live';
  /** When the record was written. */
  readonly at_ms: number;
  readonly since_ms: number;
  readonly url: string;
}

/** The topic stopped being live; nothing vouches for it from `from_ms` on. */
export interface LostRecord {
  readonly kind: 'lost';
  readonly at_ms: number;
  readonly from_ms: number;
  readonly reason: GapReason;
}

/** Nothing vouches for this interval. */
export interface GapRecord {
  readonly kind: 'gap';
  readonly at_ms: number;
  readonly from_ms: number;
  /** Not before `from_ms`. */
  readonly to_ms: number;
  readonly reason: GapReason;
  readonly detail?: string;
  /** How many were lost, where that is known. */
  readonly messages?: number;
}

/** A file was closed, and this is what it holds. The last seal of a file holds. */
export interface SealRecord {
  readonly kind: 'seal';
  readonly at_ms: number;
  /** A name, not a path. */
  readonly file: string;
  /** Lines. */
  readonly messages: number;
  readonly bytes: number;
  readonly first_ms: number;
  readonly last_ms: number;
  /** 64 lower-case hex digits. */
  readonly sha256: string;
}

/** A torn line was removed from the end of `file`. */
export interface TornRecord {
  readonly kind: 'torn';
  readonly at_ms: number;
  readonly file: string;
  readonly base64: string;
}

/** A frame that could not become a line, or its beginning. */
export interface FrameRecord {
  readonly kind: 'frame';
  readonly at_ms: number;
  readonly base64: string;
  readonly reason: GapReason;
}

/** The capture stopped in good order; everything up to `until_ms` is in the files. */
export interface StopRecord {
  readonly kind: 'stop';
  readonly at_ms: number;
  readonly until_ms: number;
  readonly reason: GapReason;
}

export type LedgerRecord =
  | LiveRecord
  | LostRecord
  | GapRecord
  | SealRecord
  | TornRecord
  | FrameRecord
  | StopRecord;

type Check = (value: unknown) => boolean;

/** No number that is no instant, no count and no size comes into the arithmetic of those who read. */
const isCount: Check = (value) => Number.isSafeInteger(value) && (value as number) >= 0;
const isText: Check = (value) => typeof value === 'string';
const isFileName: Check = (value) => typeof value === 'string' && /^[^/\0]+$/.test(value);
const isReason: Check = (value) => (GAP_REASONS as readonly unknown[]).includes(value);
const isBase64: Check = (value) => typeof value === 'string' && /^[A-Za-z0-9+/]*={0,2}$/.test(value);
const isSha256: Check = (value) => typeof value === 'string' && /^[0-9a-f]{64}$/.test(value);
const orAbsent =
  (check: Check): Check =>
  (value) =>
    value === undefined || check(value);

const SHAPES: Readonly<Record<LedgerRecord['kind'], Readonly<Record<string, Check>>>> = {
  live: { since_ms: isCount, url: isText },
  lost: { from_ms: isCount, reason: isReason },
  gap: {
    from_ms: isCount,
    to_ms: isCount,
    reason: isReason,
    detail: orAbsent(isText),
    messages: orAbsent(isCount),
  },
  seal: {
    file: isFileName,
    messages: isCount,
    bytes: isCount,
    first_ms: isCount,
    last_ms: isCount,
    sha256: isSha256,
  },
  torn: { file: isFileName, base64: isBase64 },
  frame: { base64: isBase64, reason: isReason },
  stop: { until_ms: isCount, reason: isReason },
};

/** Reads one line of a ledger, without its newline; null: it is no record. Never throws. */
export function parseLedgerLine(line: string): LedgerRecord | null {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return null;
  }
  if (typeof value !== 'object' || value === null) return null;
  const fields = value as Readonly<Record<string, unknown>>;
  if (typeof fields.kind !== 'string' || !Object.hasOwn(SHAPES, fields.kind)) return null;
  const shape = SHAPES[fields.kind as LedgerRecord['kind']];
  const fits = isCount(fields.at_ms) && Object.entries(shape).every(([key, check]) => check(fields[key]));
  if (!fits || (fields.kind === 'gap' && (fields.to_ms as number) < (fields.from_ms as number))) return null;
  return value as LedgerRecord;
}
