/** The report's looks, for light and dark screens and for paper. */
export const STYLE = `
:root { color-scheme: light dark; --ink: #1b1b1b; --paper: #ffffff; --faint: #d8d8d8; --quiet: #5c5c5c; --mark: #fff3cd; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e8e8e8; --paper: #16181a; --faint: #3a3d40; --quiet: #a8a8a8; --mark: #4a3f16; }
}
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
`;
