/** The style sheet of the page. Colours of series differ in lightness too, and hold 3 : 1 against the page in light and dark. */
export const STYLE = `
:root {
  --page: #ffffff; --raised: #f5f7f9; --ink: #17212b; --quiet: #55616d; --line: #d8dee4;
  --mapped: #c3cad2; --held: #7d8b99; --activations: #2f74c0; --outputs: #12857a; --scratch: #c77700;
  --error: #b3261e; --warning: #8a5300; --note: #2f5f9e; --pass: #1a6e37; --limit: #b3261e; --recommended: #17212b;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #12171d; --raised: #1b222a; --ink: #e6ebf0; --quiet: #a3b0bd; --line: #313b46;
    --mapped: #45505c; --held: #7c8b9a; --activations: #5b9ee6; --outputs: #3fb8aa; --scratch: #e6a23c;
    --error: #ff8a80; --warning: #f2b45c; --note: #8ab8f0; --pass: #6fce8f; --limit: #ff6f61; --recommended: #e6ebf0;
  }
}
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 70rem; padding: 1.5rem 1.25rem 3rem; background: var(--page); color: var(--ink);
  font: 1rem/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif; }
h1 { font-size: 1.75rem; line-height: 1.2; margin: .25rem 0 .5rem; overflow-wrap: anywhere; }
h2 { font-size: 1.3rem; margin: 2.5rem 0 .75rem; border-bottom: 1px solid var(--line); padding-bottom: .3rem; }
h3, caption { font-size: 1rem; font-weight: 600; text-align: left; margin: 1.25rem 0 .4rem; }
p { margin: .5rem 0; max-width: 46rem; }
.lead { font-size: 1.1rem; }
.quiet, small, .place { color: var(--quiet); }
code { font: .9em ui-monospace, "SF Mono", Menlo, Consolas, monospace; overflow-wrap: anywhere; }
.verdict { display: inline-block; margin: 0; padding: .15rem .7rem; border-radius: 1rem; font-weight: 600;
  border: 2px solid currentColor; }
.pass { color: var(--pass); } .fail { color: var(--error); } .inconclusive { color: var(--warning); }
.figures { display: grid; grid-template-columns: repeat(auto-fit, minmax(11rem, 1fr)); gap: .75rem; margin: 1rem 0; }
.figures div { background: var(--raised); border-radius: .5rem; padding: .6rem .8rem; }
.figures dt { color: var(--quiet); font-size: .9rem; }
.figures dd { margin: 0; font-size: 1.35rem; font-weight: 600; font-variant-numeric: tabular-nums; }
.figures small { display: block; font-size: .85rem; font-weight: 400; line-height: 1.3; overflow-wrap: anywhere; }
figure { margin: 1.5rem 0; }
.picture { border-radius: .5rem; }
.picture:focus-visible, .scroll:focus-visible, summary:focus-visible { outline: 3px solid var(--activations); outline-offset: 2px; }
.chart { display: block; width: 100%; height: auto; font: 13px system-ui, sans-serif; }
.chart.narrow { display: none; }
.chart .grid { stroke: var(--line); stroke-width: 1; }
.chart .tick { fill: var(--quiet); }
.chart .peak circle { fill: var(--ink); } .chart .peak text { fill: var(--ink); font-weight: 600;
  paint-order: stroke; stroke: var(--page); stroke-width: 4px; stroke-linejoin: round; }
.chart .level text { font-weight: 600; paint-order: stroke; stroke: var(--page); stroke-width: 4px; stroke-linejoin: round; }
.chart .limit line, .chart .limit circle { stroke: var(--limit); stroke-width: 2.5; fill: none; }
.chart .limit text { fill: var(--limit); }
.chart .recommended line { stroke: var(--recommended); stroke-width: 1.5; stroke-dasharray: 6 4; }
.chart .recommended text { fill: var(--recommended); }
.chart .cursor rect { fill: var(--ink); opacity: .25; }
.series-mapped { fill: var(--mapped); background: var(--mapped); } .series-held { fill: var(--held); background: var(--held); }
.series-activations { fill: var(--activations); background: var(--activations); }
.series-outputs { fill: var(--outputs); background: var(--outputs); }
.series-scratch { fill: var(--scratch); background: var(--scratch); }
td.red { color: var(--error); } td.yellow { color: var(--warning); } td.green { color: var(--pass); } td.dim { color: var(--quiet); } td.bold { font-weight: 600; }
rect.over { fill: var(--error); } p.over { color: var(--error); }
.reading { min-height: 1.5em; font-variant-numeric: tabular-nums; overflow-wrap: anywhere; max-width: none; }
.legend { list-style: none; padding: 0; display: flex; flex-wrap: wrap; gap: .25rem 1.25rem; margin: .25rem 0 1rem; font-size: .9rem; }
.swatch { display: inline-block; width: .8rem; height: .8rem; border-radius: 2px; margin-right: .4rem; vertical-align: -1px; }
.columns { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 26rem), 1fr)); gap: 0 2.5rem; align-items: start; }
table { border-collapse: collapse; width: 100%; margin: .5rem 0 1rem; font-size: .95rem; }
th, td { text-align: left; padding: .3rem .6rem .3rem 0; vertical-align: top; overflow-wrap: anywhere; }
th { font-weight: 400; } thead th { color: var(--quiet); font-size: .9rem; }
tbody tr { border-top: 1px solid var(--line); }
tr.chosen th, tr.chosen td { font-weight: 600; }
td > .pass, td > .fail, td > .inconclusive { white-space: nowrap; }
.number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
.bars th { width: 45%; } .bars .number { width: 1%; } .bars .bar { width: 40%; padding: .3rem 0; vertical-align: middle; }
.bars svg { display: block; width: 100%; height: .8rem; }
.facts th { color: var(--quiet); width: 8rem; }
.unseen { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
.scroll { overflow-x: auto; } .scroll table { min-width: 34rem; } .scroll th, .scroll td { overflow-wrap: normal; } .scroll.tall { max-height: 26rem; overflow-y: auto; }
summary { cursor: pointer; padding: .25rem 0; }
.findings { list-style: none; padding: 0; margin: 0; }
.findings li { border-left: 4px solid; padding: .1rem 0 .1rem .9rem; margin: .9rem 0; }
.findings p { margin: .15rem 0; max-width: 52rem; overflow-wrap: anywhere; }
.findings .error { border-color: var(--error); } .findings .warning { border-color: var(--warning); } .findings .note { border-color: var(--note); }
.error .head strong, .error .mark { color: var(--error); } .warning .head strong, .warning .mark { color: var(--warning); }
.note .head strong, .note .mark { color: var(--note); }
.mark { display: inline-block; min-width: 1em; text-align: center; font-weight: 700; }
.mend { color: var(--quiet); }
footer { margin-top: 3rem; color: var(--quiet); font-size: .9rem; overflow-wrap: anywhere; }
@media (max-width: 40rem) {
  body { padding: 1rem .9rem 2rem; }
  .chart.wide { display: none; } .chart.narrow { display: block; }
  .bars .bar { width: 28%; }
}
@media print {
  :root { --page: #fff; --raised: #fff; --ink: #000; --quiet: #444; --line: #bbb; --mapped: #c3cad2; --held: #7d8b99;
    --activations: #2f74c0; --outputs: #12857a; --scratch: #c77700; --error: #b3261e; --warning: #8a5300; --note: #2f5f9e;
    --pass: #1a6e37; --limit: #b3261e; --recommended: #000; }
  body { max-width: none; font-size: 10pt; }
  * { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
  .chart.wide { display: block; } .chart.narrow { display: none; }
  figure, .findings li, tr { break-inside: avoid; }
  figure details, .reading { display: none; }
}
`;
