import { DARK, LIGHT } from "./palette.ts";

function variables(colours: Readonly<Record<string, string>>): string {
  return Object.entries(colours)
    .map(([role, colour]) => `--${role}: ${colour};`)
    .join(" ");
}

/** The report's looks, for light and dark screens and for paper. */
export const STYLE = `
:root { color-scheme: light dark; ${variables(LIGHT)} }
@media screen and (prefers-color-scheme: dark) { :root { ${variables(DARK)} } }
body { margin: 2rem auto; max-width: 60rem; padding: 0 1rem; background: var(--paper); color: var(--ink);
  font: 16px/1.5 system-ui, sans-serif; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; margin: 1rem 0; font-variant-numeric: tabular-nums; }
caption { text-align: left; color: var(--quiet); padding-bottom: .3rem; }
th, td { padding: .2rem .6rem; text-align: right; border-bottom: 1px solid var(--faint); font-weight: normal; }
td, tbody th { white-space: nowrap; }
th:first-child { text-align: left; }
thead th { color: var(--quiet); }
.total th, .total td { font-weight: bold; }
.gallery td, .gallery th { text-align: center; }
.gallery img { image-rendering: pixelated; display: block; background: #000; }
figure { margin: 1rem 0; }
svg { width: 100%; height: auto; }
svg text { fill: var(--ink); font-size: 12px; }
svg path { fill: none; }
.grid path { stroke: var(--faint); }
.attack { stroke-width: 1; }
.minimum { stroke: var(--ink); stroke-width: 3; }
.bound { stroke: var(--quiet); stroke-dasharray: 4 4; }
.key { margin-right: 1rem; white-space: nowrap; }
.key i { display: inline-block; width: 1.4rem; height: 2px; margin-right: .3rem; vertical-align: middle; }
.key .bold { height: 4px; background: var(--ink); }
.key .dashed { height: 0; border-top: 2px dashed var(--quiet); }
.interrupted { background: var(--mark); padding: .5rem 1rem; }
dt { color: var(--quiet); float: left; clear: left; width: 14rem; }
dd { margin-left: 14rem; overflow-wrap: anywhere; }
code { overflow-wrap: anywhere; }
.pictures { display: flex; flex-wrap: wrap; gap: 1rem; margin: 1rem 0; padding: 0; list-style: none; }
.pictures figure { margin: 0; break-inside: avoid; }
.pictures img { image-rendering: pixelated; display: block; }
.pictures figcaption { color: var(--quiet); font-size: 14px; line-height: 1.3; padding-top: .3rem; max-width: 14rem; }
.pictures .winner img:first-child { outline: 3px solid var(--for); }
.pictures .runner-up img:first-child { outline: 3px solid var(--against); }
.pictures img + img { margin-top: 6px; }
.chart { overflow-x: auto; }
.chart svg { min-width: 34rem; }
td.meaning { white-space: normal; min-width: 14rem; }
th.meaning, td.meaning { text-align: left; }
.numbers { font-size: 13px; }
.verdict { font-size: 1.25rem; }
section { break-inside: avoid-page; }
@media print { body { margin: 0; max-width: none; } .wide { overflow: visible; } .numbers { font-size: 6.5pt; }
  .numbers th, .numbers td { padding: .1rem .15rem; } img, svg { print-color-adjust: exact; } }
`;
