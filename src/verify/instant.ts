// The times that `--from` and `--to` are given.

const ISO = /^(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?)(Z|[+-]\d{2}:\d{2})?)?$/;
/** More seconds than this, the year 5138, were meant as milliseconds. */
const UNIX_S_MAX = 100_000_000_000;

/**
 * Reads ISO 8601 (without a zone it is UTC, as the files' hours are) or Unix seconds.
 * @returns Unix milliseconds; null: it is neither.
 */
export function parseInstant(text: string): number | null {
  if (/^\d+(\.\d+)?$/.test(text)) {
    const seconds = Number(text);
    return seconds <= UNIX_S_MAX ? Math.round(seconds * 1000) : null;
  }
  const [, date, time = '00:00', zone = 'Z'] = ISO.exec(text) ?? [];
  if (date === undefined) return null;
  const day_ms = Date.parse(`${date}T00:00Z`);
  const ms = Date.parse(`${date}T${time}${zone}`);
  if (Number.isNaN(day_ms) || Number.isNaN(ms)) return null;
  // A day that the month does not have was taken for one of the next month's.
  return new Date(day_ms).toISOString().startsWith(date) ? ms : null;
}
