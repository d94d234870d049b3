// The page that `streamer verify --html` writes: the verdict, what is damaged, the same picture as on the dashboard,
// and the sums of each topic. All it shows is in the page itself.

import { formatBytes } from '../shared/format.js';
import type { ReportPage } from '../shared/page-data.js';
import { printable } from '../shared/printable.js';
import { byId, el } from './dom.js';
import { Calendar } from './picture/calendar.js';
import { rangeOf } from './picture/range.js';
import { countWords, plural, secondWords, shareWords } from './words.js';

const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);

function verdictWords({ verdict, topics }: ReportPage): string {
  if (verdict === 'whole') return 'Whole: all is there since each topic was first live.';
  const gaps = plural(sum(topics.map((topic) => topic.gaps.length)), 'declared gap');
  const damage = sum(topics.map((topic) => topic.damage.length));
  if (verdict === 'damaged') return `Damaged in ${plural(damage, 'place')}; ${gaps} besides.`;
  const holes = sum(topics.map((topic) => topic.holes ?? 0));
  return `Whole but for ${gaps}${holes === 0 ? '' : ` and ${plural(holes, 'hole')} in sequences`}.`;
}

function damageCard({ topics }: ReportPage): HTMLElement[] {
  const sentences = topics.flatMap(({ damage }) => damage);
  if (sentences.length === 0) return [];
  const items = sentences.map((sentence) => el('li', {}, printable(sentence)));
  return [
    el('section', { class: 'card damage' }, el('h2', { class: 'bad' }, 'Damage'), el('ul', {}, ...items)),
  ];
}

function sumsTable({ topics }: ReportPage): HTMLElement {
  const titles = ['Topic', 'From, UTC', 'To, UTC', 'Covered', 'Gaps', 'Files', 'Messages', 'Size', 'Damage'];
  const instant = (ms: number | null): string => (ms === null ? '–' : secondWords(ms));
  const worst_first = [...topics].sort(
    (a, b) => b.damage.length - a.damage.length || (a.covered ?? 2) - (b.covered ?? 2),
  );
  const rows = worst_first.map((topic) =>
    el(
      'tr',
      {},
      ...[
        printable(topic.name),
        instant(topic.from_ms),
        instant(topic.to_ms),
        topic.covered === null ? '–' : shareWords(topic.covered),
        countWords(topic.gaps.length),
        countWords(topic.files),
        countWords(topic.messages),
        formatBytes(topic.bytes),
        countWords(topic.damage.length),
      ].map((words, i) => (i === 0 ? el('th', { scope: 'row' }, words) : el('td', {}, words))),
    ),
  );
  const heads = titles.map((title) => el('th', { scope: 'col' }, title));
  return el(
    'div',
    { class: 'scroll', tabindex: '0', role: 'region', 'aria-label': 'Sums of each topic' },
    el('table', { class: 'plain' }, el('thead', {}, el('tr', {}, ...heads)), el('tbody', {}, ...rows)),
  );
}

function drawReport(page: ReportPage): void {
  const { dir, topics, verdict, verified_at_ms, version } = page;
  document.title = `${printable(dir)} · completeness`;
  const by_name = new Map(topics.map((topic) => [topic.name, topic]));
  const known = topics.filter((topic) => topic.from_ms !== null && topic.to_ms !== null);
  const from_ms = known.reduce((least, topic) => Math.min(least, topic.from_ms ?? least), verified_at_ms);
  const to_ms = known.reduce((most, topic) => Math.max(most, topic.to_ms ?? most), 0) || verified_at_ms;
  const calendar = new Calendar(
    {
      names: () => topics.map(({ name }) => name),
      ask: async (names) => names.flatMap((name) => by_name.get(name) ?? []),
      lists_gaps: true,
      batch: Number.POSITIVE_INFINITY,
      now: () => to_ms,
      hrefOf: null,
      changed: () => {},
    },
    rangeOf(Math.min(from_ms, to_ms), to_ms),
  );
  byId('report').replaceChildren(
    el(
      'header',
      {},
      el('h1', { class: `verdict ${verdict === 'damaged' ? 'bad' : verdict}` }, verdictWords(page)),
      el(
        'p',
        { class: 'dim' },
        `${printable(dir)} · ${plural(topics.length, 'topic')} · verified ${secondWords(verified_at_ms)} UTC by streamer ${printable(version)}`,
      ),
    ),
    ...damageCard(page),
    calendar.element,
    el('h3', {}, 'Topics'),
    sumsTable(page),
  );
  void calendar.refresh();
}

const page = JSON.parse(byId('report-data').textContent ?? 'null') as ReportPage | null;
if (page === null) byId('report').replaceChildren(el('p', {}, 'Nothing was put into this page.'));
else drawReport(page);
