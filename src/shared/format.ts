// Durations, sizes and rates as people read them, shared by the log's status line and `streamer-status`.

/** `45s`, `12m34s`, `1h2m3s`: whole seconds, the original's form. */
export function formatDuration(ms: number): string {
  const s = Math.max(0, Math.floor(ms / 1000));
  const hours = Math.floor(s / 3600);
  const minutes = Math.floor((s % 3600) / 60);
  if (hours > 0) return `${hours}h${minutes}m${s % 60}s`;
  return minutes > 0 ? `${minutes}m${s % 60}s` : `${s}s`;
}

const UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB'] as const;

/** `512 B`, `1.4 MiB`. */
export function formatBytes(bytes: number): string {
  let value = bytes;
  let unit = 0;
  // By the rounded value, so that no size reads as `1024.0 KiB`.
  while (Number(value.toFixed(1)) >= 1024 && unit < UNITS.length - 1) {
    value /= 1024;
    unit += 1;
  }
  return unit === 0 ? `${value} B` : `${value.toFixed(1)} ${UNITS[unit]}`;
}

/** The original's status line: `Uptime: 12m34s | Total Msgs: 152340 | Rate: 7260.12 msg/min`. */
export function formatStatusLine(uptime_ms: number, messages: number, rate_per_min: number): string {
  return `Uptime: ${formatDuration(uptime_ms)} | Total Msgs: ${messages} | Rate: ${rate_per_min.toFixed(2)} msg/min`;
}
