// The dashboard: reads the events, keeps the model, and shows the view that the location names. `#topics`: all topics;
// `#topic=NAME`: one; `#coverage`, `#coverage=week:2026-11-23`: the picture of completeness.

import type { StepEvent, TickEvent, TopicsEvent } from '../shared/page-data.js';
import { serverCoverage } from './coverage-source.js';
import { DetailsView } from './details-view.js';
import { byId, setAttribute } from './dom.js';
import { readEvents } from './events.js';
import { Head } from './head.js';
import { Model } from './model.js';
import { Calendar } from './picture/calendar.js';
import { type Range, rangeAt, SPANS } from './picture/range.js';
import { TopicsView } from './topics-view.js';
import { dayWords } from './words.js';

/** An hour that goes on is asked for again. */
const COVERAGE_REFRESH_MS = 60_000;

const model = new Model();
const head = new Head(model);
const topics_view = new TopicsView(model);
let details_view: DetailsView | null = null;
let calendar: Calendar | null = null;

const rangeHash = ({ span, from_ms }: Range): string => `#coverage=${span}:${dayWords(from_ms)}`;

/** Null: the location names none, or one that is none. */
function readRange(words: string): Range | null {
  const [word, day] = words.split(':');
  const span = SPANS.find((one) => one === word);
  const at_ms = Date.parse(`${day}T00:00:00Z`);
  return span === undefined || Number.isNaN(at_ms) ? null : rangeAt(span, at_ms);
}

/** A name that is badly escaped is taken as it stands. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function openCalendar(view: Parameters<typeof serverCoverage>[1], range: Range): Calendar {
  const opened = new Calendar(serverCoverage(model, view), range);
  void opened.refresh();
  return opened;
}

function route(): void {
  // Before the topics are known there is nothing to show.
  if (model.tick === null) return;
  details_view?.close();
  details_view = null;
  calendar = null;
  const [view = '', words = ''] = location.hash.slice(1).split(/=(.*)/s);
  setAttribute(byId('to-topics'), 'aria-current', view === 'coverage' ? null : 'page');
  setAttribute(byId('to-coverage'), 'aria-current', view === 'coverage' ? 'page' : null);
  const place = byId('view');
  if (view === 'coverage') {
    const names = () => model.topics.map((topic) => topic.head.name);
    const range = readRange(words) ?? rangeAt('week', model.now());
    const changed = (chosen: Range): void => history.replaceState(null, '', rangeHash(chosen));
    calendar = openCalendar({ names, changed, lists_gaps: true }, range);
    place.replaceChildren(calendar.element);
    return;
  }
  if (view !== 'topic' || words === '') {
    place.replaceChildren(topics_view.element);
    topics_view.update();
    return;
  }
  const name = decoded(words);
  // Its latest gaps stand further below.
  const coverage = { names: () => [name], changed: () => {}, lists_gaps: false };
  calendar = openCalendar(coverage, rangeAt('month', model.now()));
  details_view = new DetailsView(model, name, calendar);
  place.replaceChildren(details_view.element);
  scrollTo(0, 0);
  details_view.open();
}

function update(): void {
  head.update();
  topics_view.update();
  details_view?.update();
}

const EVENTS: Readonly<Record<string, (data: string) => void>> = {
  topics: (data) => {
    model.takeTopics(JSON.parse(data) as TopicsEvent);
    // After a reload, or where another supervisor answers now.
    void calendar?.refresh();
  },
  tick: (data) => {
    const is_first = model.tick === null;
    model.takeTick(JSON.parse(data) as TickEvent);
    head.up();
    if (is_first) route();
    update();
  },
  step: (data) => {
    model.takeStep(JSON.parse(data) as StepEvent);
  },
};

addEventListener('hashchange', route);
setInterval(() => {
  if (!document.hidden) void calendar?.renew();
}, COVERAGE_REFRESH_MS);
void readEvents({
  event: (name, data) => EVENTS[name]?.(data),
  down: () => head.down(),
});
// The seconds since nobody answers are counted here.
setInterval(() => head.update(), 1_000);
