/** The style of the pages: light and dark by the reader's setting, readable on a phone and on paper. */
export const pageStyle = `
:root { color-scheme: light dark; --ink: #1c2430; --dim: #5b6675; --paper: #fbfbf9; --card: #fff; --rule: #dfe3e8;
  --good: #16703c; --warn: #8a5a00; --bad: #b3261e; --accent: #1f5fa8; }
@media (prefers-color-scheme: dark) { :root { --ink: #e4e8ee; --dim: #9aa5b4; --paper: #14181e; --card: #1b2129;
  --rule: #323b47; --good: #6fcf97; --warn: #e6b455; --bad: #ff8a80; --accent: #82b4f0; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink); font: 16px/1.5 system-ui, "Segoe UI", "DejaVu Sans", sans-serif; }
main { max-width: 60rem; margin: 0 auto; padding: 1.5rem 1rem 4rem; }
header { border-left: .4rem solid var(--dim); padding: .2rem 0 .2rem 1.2rem; margin-bottom: 2rem; }
header.deadlock { border-color: var(--bad); } header.none { border-color: var(--good); } header.unknown { border-color: var(--warn); }
header .badge { margin: 0; font-weight: 700; letter-spacing: .08em; text-transform: uppercase; font-size: .8rem; color: var(--dim); }
header.deadlock .badge { color: var(--bad); } header.none .badge { color: var(--good); }
h1 { font-size: 1.5rem; line-height: 1.3; margin: .2rem 0 .6rem; text-wrap: pretty; }
h2 { font-size: 1.2rem; margin: 0 0 .8rem; } h3 { font-size: 1rem; margin: 1.4rem 0 .4rem; }
section { background: var(--card); border: 1px solid var(--rule); border-radius: .6rem; padding: 1.2rem 1.3rem; margin: 0 0 1.2rem; }
p, ul, dl { margin: 0 0 .7rem; } a { color: var(--accent); } code, pre { font-family: ui-monospace, "DejaVu Sans Mono", monospace; font-size: .88em; }
code { overflow-wrap: anywhere; } td code { overflow-wrap: break-word; } pre { background: var(--paper); border: 1px solid var(--rule); border-radius: .4rem; padding: .5rem .7rem; overflow-x: auto; margin: .4rem 0 1rem; }
.dim { color: var(--dim); font-size: .88em; } .number { font-variant-numeric: tabular-nums; }
.wide { overflow-x: auto; } table { border-collapse: collapse; width: 100%; font-size: .94em; }
th { text-align: left; color: var(--dim); font-weight: 600; font-size: .85em; } th, td { padding: .4rem .7rem .4rem 0; border-bottom: 1px solid var(--rule); vertical-align: top; }
tr:last-child td { border-bottom: 0; }
.tag { display: inline-block; border: 1px solid currentColor; border-radius: 1rem; padding: 0 .55em; font-size: .78em; line-height: 1.6; color: var(--dim); white-space: nowrap; }
.tag.holds, .tag.proved, .tag.strong { color: var(--good); } .tag.differs, .tag.suspected { color: var(--warn); } .tag.fails { color: var(--bad); font-weight: 700; }
.edges { list-style: none; padding: 0; } .edges li { padding: .15rem 0; }
.stack { list-style: none; margin: 0; padding: 0; border-left: 2px solid var(--rule); } .stack li { padding: .25rem 0 .25rem .9rem; overflow-wrap: anywhere; }
.variable { padding-left: 1.2rem; } dt { font-weight: 600; } dd { margin: .2rem 0 0; } summary { cursor: pointer; color: var(--accent); margin-top: .8rem; }
figure { margin: 0; } figure svg { width: 100%; height: auto; overflow: visible; } figcaption { color: var(--dim); font-size: .88em; }
svg text { fill: var(--dim); font-size: 12px; } svg .line { fill: none; stroke: var(--accent); stroke-width: 2; stroke-linejoin: round; }
svg .area { fill: var(--accent); opacity: .14; } svg .axis { stroke: var(--rule); } svg .good { fill: var(--good); } svg .bad { fill: none; stroke: var(--bad); stroke-width: 2; }
@media print { body { background: #fff; } section { break-inside: avoid; border: 0; padding: 0; } }
`;
