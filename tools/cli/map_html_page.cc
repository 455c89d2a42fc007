#include "tools/cli/map_html_page.h"

#include <string_view>

namespace kvm_model::cli {

std::string_view MapPageStyle() {
  return R"css(
:root { color-scheme: light dark; --ground: #ffffff; --text: #1a1a1a; --faint: #5c5c5c;
  --rule: #d4d4d4; --shared: #cfe6f7; --private: #f6cfa8; --hatch: #b3470a55; --held: #dedede;
  --host: #1b7a3d; --guest: #8a2f8f; --pin: #a8123a; --accent: #0b5fa5; }
@media (prefers-color-scheme: dark) {
  :root { --ground: #15181c; --text: #e6e6e6; --faint: #a3a8ae; --rule: #3a4046;
    --shared: #1d4260; --private: #6b3a12; --hatch: #ff9e5e55; --held: #454b52; --host: #6fd08c;
    --guest: #e29be6; --pin: #ff8aa5; --accent: #6db7ff; }
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--ground); color: var(--text);
  font: 1rem/1.5 system-ui, sans-serif; }
main { max-width: 70rem; margin: 0 auto; padding: 1rem; }
h1 { font-size: 1.4rem; line-height: 1.25; margin: 0 0 .25rem; }
h2 { font-size: 1.05rem; margin: 1.25rem 0 .4rem; }
h1, h2, p, pre, summary { overflow-wrap: anywhere; }
.about { margin: 0 0 .25rem; color: var(--faint); white-space: pre-line; }
.steps { position: sticky; top: 0; z-index: 1; background: var(--ground); padding: .5rem 0;
  border-bottom: 1px solid var(--rule); display: grid; gap: .5rem;
  grid-template-columns: auto 1fr auto; align-items: center; }
.steps label { grid-column: 1 / -1; color: var(--faint); }
.steps input { width: 100%; min-width: 0; height: 2.75rem; margin: 0; accent-color: var(--accent); }
button { font: inherit; min-width: 2.75rem; min-height: 2.75rem; padding: 0 .75rem;
  color: var(--text); background: var(--ground); border: 1px solid var(--faint);
  border-radius: .4rem; }
button:disabled { opacity: .4; }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
.call, .trail { font: .9rem/1.45 ui-monospace, "DejaVu Sans Mono", Menlo, Consolas, monospace; }
.call { margin: .75rem 0 .25rem; white-space: pre-wrap; }
.answer { font-weight: 700; }
.note { color: var(--faint); margin: 0; min-height: 1.5rem; }
.failed { color: var(--pin); font-weight: 600; }
.pages { display: grid; grid-template-columns: repeat(auto-fill, minmax(2.7rem, 1fr)); gap: 3px;
  list-style: none; margin: 0; padding: 0; }
.ranges { grid-template-columns: repeat(auto-fill, minmax(6.5rem, 1fr)); }
.page { border: 2px solid transparent; border-radius: .35rem; background: var(--held);
  display: flex; flex-direction: column; align-items: center; min-width: 0; overflow: hidden;
  font: .95rem/1.35 ui-monospace, "DejaVu Sans Mono", Menlo, Consolas, monospace; }
.page.changed { border-color: var(--accent); }
.where { font-size: .68rem; color: var(--faint); background: var(--ground); width: 100%;
  text-align: center; overflow-wrap: anywhere; }
.attribute { width: 100%; text-align: center; font-weight: 700; background: var(--ground); }
.shared { background: var(--shared); }
.private { background: repeating-linear-gradient(45deg, var(--private) 0 5px,
  var(--hatch) 5px 6px), var(--private); }
.hole { background: var(--ground); width: 100%; text-align: center; color: var(--faint); }
.marks { display: flex; flex-wrap: wrap; justify-content: center; gap: 2px; width: 100%;
  min-height: 1.15rem; padding: 2px 0; background: var(--ground); align-items: center; }
.mark { flex: none; width: .72rem; height: .72rem; border: 2px solid; }
.host { color: var(--host); border-radius: 50%; } .guest { color: var(--guest); }
.in { background: currentColor; }
.by-process { width: 0; height: 0; border: .4rem solid transparent; border-top: 0;
  border-bottom: .72rem solid var(--guest); }
.pin { color: var(--pin); font-size: .72rem; line-height: 1; font-weight: 700; }
.legend { display: grid; grid-template-columns: repeat(auto-fill, minmax(15rem, 1fr));
  gap: .3rem 1rem; list-style: none; margin: 0; padding: 0; }
.legend li { display: flex; gap: .6rem; align-items: center; }
.legend .page { width: 2rem; flex: none; }
.trail { border-left: 3px solid var(--rule); padding: 0 0 0 .6rem; overflow-wrap: anywhere; }
.trail div { text-indent: -4ch; }
summary { cursor: pointer; min-height: 2.75rem; display: flex; align-items: center; }
summary::before { content: "+"; width: 1.2rem; } details[open] summary::before { content: "-"; }
)css";
}

std::string_view MapPageBody() {
  return R"html(<noscript><p>This page needs scripts, which it holds itself, to show its steps.</p></noscript>
<div class="steps">
<label for="step" id="where">Step</label>
<button type="button" id="previous" aria-label="Previous step">&#9664;</button>
<input type="range" id="step" min="1" value="1" step="1">
<button type="button" id="next" aria-label="Next step">&#9654;</button>
</div>
<div aria-live="polite">
<p class="call" id="call"></p>
<p class="note" id="note"></p>
</div>
<div id="files"></div>
<h2>Why it answers so</h2>
<div class="trail" id="trail"></div>
<details id="legend"><summary>What the marks mean</summary><div id="meanings"></div></details>
<p class="about" id="end"></p>
)html";
}

std::string_view MapPageScript() {
  return R"js(
"use strict";
(() => {
const data = JSON.parse(document.getElementById("steps").textContent);
const at = (id) => document.getElementById(id);
const make = (tag, kind, text) => {
  const made = document.createElement(tag);
  if (kind) made.className = kind;
  if (text !== undefined) made.textContent = text;
  return made;
};
const meanings = new Map(data.meanings.map((one) => [one.kind + one.mark, one.meaning]));
const meaningOf = (kind, mark) => {
  if (mark === "~") return "its pages differ";
  if (meanings.has(kind + mark)) return meanings.get(kind + mark);
  if (kind === "pins") return mark + " long-term references";
  return kind === "contents" ? "its first byte is " + mark : mark;
};

// Which files there are after each step, and what they look like.
const stateAt = (index) => {
  const state = new Map();
  for (const step of data.steps.slice(0, index + 1)) {
    for (const name of step.gone) state.delete(name);
    for (const [name, rows] of Object.entries(step.changed)) state.set(name, rows);
  }
  return state;
};

const attribute = (mark) => {
  const kinds = {S: " shared", P: " private"};
  return make("span", "attribute" + (kinds[mark] || ""), mark);
};
const markOf = (kind, mark) => {
  if (mark === "." ) return null;
  if (kind === "pins") return make("span", "pin", "\u25c6" + mark);
  if (mark === "~") return make("span", kind, "~");
  if (mark === "U") return make("span", "by-process");
  return make("span", "mark " + kind + (mark === "-" ? "" : " in"));
};

// One page, or one range of pages.
const cellOf = (range, rows, column) => {
  const cell = make("li", "page");
  const [start, end] = range;
  cell.append(make("span", "where", end - start === 1 ? start : "[" + start + "," + end + ")"));
  const marks = make("span", "marks");
  const told = [];
  for (const row of rows) {
    const mark = row.marks[column];
    told.push(row.label + ": " + meaningOf(row.kind, mark));
    if (row.kind === "attributes") {
      cell.append(attribute(mark));
    } else if (row.kind === "contents") {
      cell.append(make("span", mark === "." ? "hole" : "", mark === "." ? "\u00b7" : mark));
    } else {
      const made = markOf(row.kind, mark);
      if (made) marks.append(made);
    }
  }
  cell.append(marks);
  cell.title = told.join("\n");
  cell.setAttribute("aria-label", "page " + start + ": " + told.join(", "));
  return cell;
};

const drawFile = (name, rows, touched) => {
  const file = data.files[name];
  const section = make("section");
  const count = file.pages === 1 ? "1 page" : file.pages + " pages";
  section.append(make("h2", "", name + ", " + count));
  const narrow = file.columns.length === file.pages;
  const list = make("ul", narrow ? "pages" : "pages ranges");
  file.columns.forEach((range, column) => {
    const cell = cellOf(range, rows, column);
    if (touched.includes(column)) cell.classList.add("changed");
    list.append(cell);
  });
  section.append(list);
  return section;
};

// A line for each decision, indented by its depth; what doesn't fit goes on further in.
const drawTrail = (trail) => trail.trimEnd().split("\n").map((line) => {
  const text = line.trimStart();
  const made = make("div", "", text);
  made.style.paddingLeft = (line.length - text.length + 4) + "ch";
  return made;
});

const show = (index) => {
  const step = data.steps[index];
  const turn = step.turn === null ? "" : ", turn " + step.turn;
  at("where").textContent =
      "Step " + (index + 1) + " of " + data.steps.length + ", line " + step.line + turn;
  at("step").value = index + 1;
  at("step").setAttribute("aria-valuetext", "step " + (index + 1) + ", " + step.call);
  at("previous").disabled = index === 0;
  at("next").disabled = index === data.steps.length - 1;
  at("call").replaceChildren(step.call + " -> ", make("span", "answer", step.answer));
  const names = Object.keys(step.changed);
  const notes = step.gone.map((name) => name + " is released.");
  if (!names.length && !notes.length) notes.push("No page changed.");
  const isLast = index === data.steps.length - 1;
  const failed = isLast && data.verdict !== "pass";
  if (failed) notes.push(data.end + ".");
  at("note").textContent = notes.join(" ");
  at("note").className = failed ? "note failed" : "note";
  at("files").replaceChildren(...[...stateAt(index)].map(
      ([name, rows]) => drawFile(name, rows, step.touched[name] || [])));
  at("trail").replaceChildren(...drawTrail(step.trail || "No decision was made."));
  history.replaceState(null, "", "#" + (index + 1));
};

const drawMeanings = () => {
  for (const kind of new Set(data.meanings.map((one) => one.kind))) {
    at("meanings").append(make("h2", "", kind));
    const list = make("ul", "legend");
    for (const one of data.meanings.filter((each) => each.kind === kind)) {
      const item = make("li");
      const sample = make("span", "page");
      if (kind === "attributes") {
        sample.append(attribute(one.mark));
      } else if (kind === "contents") {
        const hole = one.mark === ".";
        sample.append(make("span", hole ? "hole" : "", hole ? "\u00b7" : one.mark));
      } else {
        const marks = make("span", "marks");
        marks.append(markOf(kind, one.mark) || "");
        sample.append(marks);
      }
      item.append(sample, make("span", "", one.meaning));
      list.append(item);
    }
    at("meanings").append(list);
  }
};

drawMeanings();
at("end").textContent = data.end + ".";
const last = data.steps.length;
if (!last) {
  at("call").textContent = "No call ran.";
  for (const id of ["step", "previous", "next"]) at(id).disabled = true;
  return;
}
const slider = at("step");
slider.max = last;
const go = (step) => show(Math.min(Math.max(step, 1), last) - 1);
slider.addEventListener("input", () => go(Number(slider.value)));
at("previous").addEventListener("click", () => go(Number(slider.value) - 1));
at("next").addEventListener("click", () => go(Number(slider.value) + 1));
window.addEventListener("hashchange", () => go(Number(location.hash.slice(1)) || 1));
go(Number(location.hash.slice(1)) || 1);
})();
)js";
}

}  // namespace kvm_model::cli
