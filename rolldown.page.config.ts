// Makes the two pages of src/page/: the dashboard as three files, because the HTTP server allows no script within a
// page, and the report as a single one, because it is opened from anywhere.

import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { Plugin, RolldownOptions } from 'rolldown';

const PAGE = 'src/page';
const UPLOT = 'node_modules/uplot';

const text = (path: string): string => readFileSync(path, 'utf8');

/** A style sheet without comments and needless white space. None has either within a string. */
const squeezed = (css: string): string =>
  css
    .replace(/\/\*[\s\S]*?\*\//g, '')
    .replace(/\s+/g, ' ')
    .replace(/ ?([{};,]) ?/g, '$1')
    .replaceAll(': ', ':')
    .replaceAll(';}', '}')
    .trim();

/** Without the rules for what none of our charts has. */
const CHART_STYLE = text(`${UPLOT}/dist/uPlot.min.css`).replace(
  /[^{}]*\.u-(title|legend|inline|series)[^{}]*\{[^{}]*\}/g,
  '',
);

const hashOf = (source: string): string => `'sha256-${createHash('sha256').update(source).digest('base64')}'`;

/** Our charts are lines: the other ways to draw a series stay out. Where they are not found, the page is larger. */
const withoutOtherPaths = (code: string): string =>
  code.replace(/\(paths\.(stepped|bars|spline)\s*= \w+\);/g, '');

const dashboard: Plugin = {
  name: 'dashboard',
  transform: (code, id) => (id.endsWith('uPlot.esm.js') ? { code: withoutOtherPaths(code) } : null),
  generateBundle() {
    const own = ['base', 'dashboard', 'details', 'picture/picture'].map((name) => `${PAGE}/${name}.css`);
    const source = squeezed([CHART_STYLE, ...own.map(text)].join('\n'));
    this.emitFile({ type: 'asset', fileName: 'app.css', source });
    this.emitFile({ type: 'asset', fileName: 'index.html', source: text(`${PAGE}/index.html`) });
  },
};

/** Script and style go into the page, and their hashes into what the page allows. */
const report: Plugin = {
  name: 'report',
  generateBundle(_, bundle) {
    const chunk = bundle['report.js'];
    if (chunk?.type !== 'chunk') throw new Error('the script of the report was not built');
    // Within a page a script ends at this.
    const script = chunk.code.trim().replaceAll('</script', '<\\/script');
    const styles = ['base', 'picture/picture', 'report'].map((name) => text(`${PAGE}/${name}.css`));
    const style = squeezed(styles.join('\n'));
    const source = text(`${PAGE}/report.html`)
      .replace('SCRIPT_HASH', () => hashOf(script))
      .replace('STYLE_HASH', () => hashOf(style))
      .replace('/* style */', () => style)
      .replace('/* script */', () => script);
    this.emitFile({ type: 'asset', fileName: 'report.html', source });
    delete bundle['report.js'];
  },
};

const page = (name: string, plugin: Plugin, banner: string): RolldownOptions => ({
  input: `${PAGE}/${name}.ts`,
  platform: 'browser',
  plugins: [plugin],
  transform: { target: 'es2022' },
  output: {
    dir: 'dist/page',
    entryFileNames: `${name}.js`,
    format: 'iife',
    minify: true,
    postBanner: banner,
  },
});

export default [
  page('app', dashboard, `/*! uPlot\n${text(`${UPLOT}/LICENSE`).trim()}\n*/`),
  page('report', report, ''),
] satisfies RolldownOptions[];
