/** The report's only style sheet: light and dark, screen and paper, no web fonts. */
export const style = `
:root { color-scheme: light dark; --ink: #1b1f24; --quiet: #59636e; --paper: #fff; --line: #d5dae0; --mark: #eef4fb; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e6e9ed; --quiet: #9aa4af; --paper: #14171b; --line: #363c44; --mark: #1d2733; }
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink); font: 16px/1.5 system-ui, sans-serif; }
main { max-width: 1240px; margin: 0 auto; padding: 1.5rem 1.25rem 4rem; }
h1 { font-size: 1.7rem; line-height: 1.2; margin: 0 0 .5rem; }
h2 { font-size: 1.25rem; margin: 2.5rem 0 .5rem; padding-bottom: .25rem; border-bottom: 1px solid var(--line); }
h3 { font-size: 1rem; margin: 1.5rem 0 .25rem; }
p { max-width: 75ch; margin: .5rem 0; }
code { font: .9em ui-monospace, monospace; overflow-wrap: break-word; }
small, .quiet, caption { color: var(--quiet); }
.verdict { font-size: 1.1rem; border-left: 4px solid #0072b2; padding: .25rem 0 .25rem 1rem; margin: 1rem 0; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; margin: .75rem 0; }
th, td { padding: .3rem .7rem; text-align: right; border-bottom: 1px solid var(--line); vertical-align: top; }
th:first-child, td:first-child { text-align: left; }
thead th { border-bottom: 2px solid var(--line); font-weight: 600; }
tbody th { font-weight: 400; min-width: 5.5rem; }
td { white-space: nowrap; }
tr.best { background: var(--mark); }
tr.best td, tr.best th { font-weight: 600; }
tr.trivial { color: var(--quiet); }
.board th, .board td, .bins th, .bins td { padding: .3rem .45rem; }
pre { overflow-x: auto; font: .85em ui-monospace, monospace; }
table.plain td, table.plain th { text-align: left; white-space: normal; }
table.plain th { font-weight: 600; white-space: nowrap; }
.charts { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 30rem), 1fr)); gap: 1rem 1.5rem; }
figure { margin: 0; min-width: 0; break-inside: avoid; }
figure svg { max-width: 100%; height: auto; display: block; }
details { color: var(--quiet); font-size: .85rem; }
summary { cursor: pointer; }
.overlays th, .overlays td { text-align: left; font-weight: 400; padding: .25rem .4rem; }
.overlays .pair { display: flex; gap: 2px; }
.overlays img { display: block; width: 110px; max-width: none; image-rendering: pixelated; border: 1px solid var(--line); }
.legend { display: flex; flex-wrap: wrap; gap: .25rem 1rem; font-size: .9rem; max-width: none; }
.legend i { display: inline-block; width: .9em; height: .9em; margin-right: .35em; vertical-align: -.1em; }
.cards th[scope=row] { text-align: left; min-width: 8rem; }
.cards caption { text-align: left; }
.board .interval, .bins .interval, .board .deviation { display: block; }
.board .interval, .bins .interval { color: var(--quiet); font-size: .8rem; font-weight: 400; white-space: nowrap; }
th button { font: inherit; color: inherit; background: none; border: 0; padding: 0; cursor: pointer; text-align: inherit; text-decoration: underline dotted; text-underline-offset: 3px; }
th[aria-sort=ascending] button::after { content: ' ▲'; }
th[aria-sort=descending] button::after { content: ' ▼'; }
:focus-visible { outline: 3px solid #0072b2; outline-offset: 2px; }
a { color: #005a8d; }
@media (prefers-color-scheme: dark) { a { color: #6bb8ea; } }
.filter { display: block; margin-top: .5rem; }
.filter input { font: inherit; padding: .15rem .4rem; border: 1px solid var(--quiet); background: var(--paper); color: inherit; max-width: 100%; }
.download { font-size: .85rem; margin: .25rem 0 1rem; }
nav { font-size: .9rem; display: flex; flex-wrap: wrap; gap: .2rem 1rem; }
.overlays small { display: block; }
@media (max-width: 740px) {
  main { padding: 1rem .75rem 3rem; }
  .cards, .cards tbody, .cards tr, .cards caption { display: block; }
  .cards td { white-space: normal; }
  .board .interval, .bins .interval, .board .deviation { display: inline; }
  .cards thead { display: none; }
  .cards tr { display: grid; grid-template-columns: repeat(2, minmax(0, 1fr)); border-bottom: 2px solid var(--line); padding: .4rem 0; }
  .cards tr[hidden] { display: none; }
  .cards th[scope=row] { grid-column: 1 / -1; font-weight: 600; }
  .cards td, .cards th[scope=row] { text-align: left; border: 0; padding: .1rem .3rem; overflow-wrap: break-word; }
  .cards td::before { content: attr(data-label) ' '; color: var(--quiet); font-size: .85rem; font-weight: 400; }
  table.plain th { white-space: normal; }
}
@media print {
  nav, .download, .filter { display: none; }
  :root { --ink: #000; --quiet: #444; --paper: #fff; --line: #bbb; --mark: #f2f2f2; color-scheme: light; }
  main { max-width: none; padding: 0; }
  details { display: none; }
  * { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
}
`;
