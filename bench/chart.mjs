// Draws the ratios of CPU time as a picture for the README: a bar for each load and each other program, against a line
// where both cost the same. No colours of text or ground that vanish on a light or a dark page.

const LABEL_WIDTH = 190;
const PLOT_WIDTH = 420;
const BAR_HEIGHT = 13;
const GROUP_GAP = 12;
const TOP = 46;
/** Ratios beyond it are cut. */
const RATIO_MAX = 1.25;
const COLOURS = ['#7d8590', '#1f8a70', '#3a6ea5'];

const x = (ratio) => LABEL_WIDTH + (Math.min(ratio, RATIO_MAX) / RATIO_MAX) * PLOT_WIDTH;

/** `tables`: rows by the bench's name; only those with ratios are drawn. */
export function chart(tables) {
  const groups = Object.entries(tables)
    .map(([name, rows]) => [name, rows.filter((row) => row['our CPU / theirs'])])
    .filter(([, rows]) => rows.length > 0);
  const programs = groups[0][1].map(({ program }) => program);
  const text = (at_x, at_y, words, more = '') => `<text x="${at_x}" y="${at_y}" ${more}>${words}</text>`;
  const parts = [
    text(
      0,
      14,
      'CPU time a message, as a share of the other program’s: shorter is better',
      'font-weight="bold"',
    ),
  ];
  programs.forEach((program, i) => {
    parts.push(`<rect x="${i * 190}" y="22" width="11" height="11" fill="${COLOURS[i]}"/>`);
    parts.push(text(i * 190 + 16, 32, `against the ${program}`));
  });
  let y = TOP;
  for (const [name, rows] of groups) {
    parts.push(text(0, y + (rows.length * BAR_HEIGHT) / 2 + 4, name));
    for (const row of rows) {
      const ratio = Number(row['our CPU / theirs']);
      const colour = COLOURS[programs.indexOf(row.program)];
      parts.push(
        `<rect x="${LABEL_WIDTH}" y="${y}" width="${x(ratio) - LABEL_WIDTH}" height="${BAR_HEIGHT - 2}" fill="${colour}"/>`,
      );
      parts.push(text(x(ratio) + 5, y + BAR_HEIGHT - 3, ratio.toFixed(2), 'font-size="11"'));
      y += BAR_HEIGHT;
    }
    y += GROUP_GAP;
  }
  parts.push(
    `<line x1="${x(1)}" x2="${x(1)}" y1="${TOP - 6}" y2="${y - GROUP_GAP}" stroke="#c0392b" stroke-dasharray="4 3"/>`,
  );
  parts.push(text(x(1), y + 4, 'the same', 'font-size="11" text-anchor="middle"'));
  const size = `width="${LABEL_WIDTH + PLOT_WIDTH + 50}" height="${y + 12}"`;
  return `<svg xmlns="http://www.w3.org/2000/svg" ${size} font-family="sans-serif" font-size="12">
<title>CPU time a message, as a share of the other program’s</title>
<style>text{fill:#24292f}@media(prefers-color-scheme:dark){text{fill:#d0d7de}}</style>
${parts.join('\n')}
</svg>
`;
}
