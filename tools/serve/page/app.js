// The page: what is shown of the scenario, and what the buttons and keys do to it.
import {ACTIONS, surroundings, whyNot} from "./calls.js";
import {beginCapabilities} from "./capabilities.js";
import {ask, byId, choice, element, latest, redrawn, say, start, tellProblem} from "./dom.js";
import {drawLegend} from "./legend.js";
import {filesAfter, learnMarks, PageGrid} from "./pages.js";
import {hostText, vmTypeOf, withAnswers, withHost} from "./scenario.js";
import {answerBadge, stepView} from "./step.js";
import {hostChoices, settingsView, tellSettings} from "./world.js";

const MODES = [["", "no flag"], ["ZERO", "ZERO"], ["PRESERVE", "PRESERVE"]];
const attempt = latest();

let choices = null;
// A moment of the page; each change makes a new one. worldLines are the lines at the top that
// /api/world made, 0 for a file that was opened; was has what lines answered before the host
// changed. Those that are undone or done have no run: it is made again, as it was.
let now = null;
const undone = [];
const done = [];
// What is looked at: a step, and the pages that are chosen in a file.
let seen = -1;
let chosen = null;
let grids = [];
const options = {
  mode: "",
  byte: "A"
};

const steps = () => now.run.steps;

// What the reader does happens one after the other, each on what the one before left.
let turn = Promise.resolve();
function inTurn(does) {
  turn = turn.then(does).catch((error) => tellProblem(error.message));
  return turn;
}

async function run(text) {
  const answer = await ask("run", {scenario: text});
  if (answer.errors) {
    tellErrors(answer.errors);
    const first = answer.errors[0];
    throw new Error(`line ${first.line}, column ${first.column}: ${first.message}`);
  }
  tellErrors([]);
  return answer;
}

function tellErrors(errors) {
  byId("errors").hidden = errors.length === 0;
  byId("errors").replaceChildren(...errors.map(
      (each) => element("li", {}, `line ${each.line}, column ${each.column}: ${each.message}`)));
}

// The next moment, which can be undone.
function become(next) {
  if (now !== null) done.push(withoutRun(now));
  undone.length = 0;
  now = next;
  seen = steps().length - 1;
  draw();
  const last = steps().at(-1);
  if (last) say(`${last.call}: ${last.answer}`);
}

const withoutRun = ({run: _, ...rest}) => rest;

async function step(from, to) {
  if (from.length === 0) return;
  const moment = from.at(-1);
  const answer = await attempt(() => run(moment.text));
  if (answer === null) return;
  from.pop();
  to.push(withoutRun(now));
  now = {...moment, run: answer};
  seen = steps().length - 1;
  draw();
  say(`${steps().length} calls`);
}

const undo = () => step(done, undone);
const redo = () => step(undone, done);

// ---- The scenario ----

async function begin(given, pages) {
  const host = {...given, vmType: given.vmType || "DEFAULT"};
  const {text} = await ask("world", {host: hostText(host), pages});
  const answer = await run(text);
  return {
    host,
    pages,
    text,
    worldLines: text.split("\n").length - 1,
    run: answer,
    name: "scenario.kvmt",
    was: new Map()
  };
}

async function opened(name, text) {
  const answer = await run(text);
  const {arch, revision, chosen: settings} = answer.host;
  const types = choices.architectures.find((each) => each.name === arch).vm_types;
  const host = {
    arch,
    revision,
    vmType: vmTypeOf(answer.steps, types),
    settings: Object.fromEntries(settings.map((each) => [each.name, each.value]))
  };
  const file = {host, pages: 8, text, worldLines: 0, run: answer, name, was: new Map()};
  return {...file, ...(await worldOf(file))};
}

// A file that this page saved begins with a world of its own, whose size can be changed again.
async function worldOf(file) {
  const pages = Number(/create_guest_memfd\(vm, size=(\d+)p/.exec(file.text)?.[1] ?? 0);
  if (pages < 1 || pages > choices.limits.pages) return {};
  const {text} = await ask("world", {host: hostText(file.host), pages});
  return file.text.startsWith(text) ? {pages, worldLines: text.split("\n").length - 1} : {};
}

async function act(lines) {
  const before = now.text.endsWith("\n") ? now.text : `${now.text}\n`;
  const text = before + lines.map((line) => `${line} -> any\n`).join("");
  const answer = await attempt(() => run(text));
  if (answer === null) return;
  const first = before.split("\n").length;
  become({...now, text: withAnswers(text, answer.steps, first), run: answer, was: new Map()});
}

// The same calls on another host: what they answer there is taken over where the page wrote the
// lines, and told as different where a file did. `change` makes another host of the one that is
// there when its turn comes.
const changeHost = (change, pages) => inTurn(() => moveTo(change(now.host), pages ?? now.pages));

async function moveTo(host, pages) {
  if (!Number.isInteger(pages) || pages < 1 || pages > choices.limits.pages) {
    tellProblem(`pages is 1 to ${choices.limits.pages}`);
    drawWorld();
    return;
  }
  const next =
      await attempt(() => (now.worldLines === 0 ? moveFile(host) : moveWorld(host, pages)));
  if (next === null)
    drawWorld();
  else
    become(next);
}

async function moveFile(host) {
  const text = withHost(now.text, now.host, host);
  return {...now, host, text, run: await run(text), was: new Map()};
}

async function moveWorld(host, pages) {
  const world = await begin(host, pages);
  const calls = now.text.split("\n").slice(now.worldLines);
  const text = world.text + calls.join("\n");
  const answer = await run(text);
  const differ = answer.steps.filter(
      (each) => each.line > world.worldLines && !each.met && each.expected !== null);
  const was = new Map(differ.map((each) => [each.line, each.expected]));
  return {
    ...world,
    name: now.name,
    text: withAnswers(text, answer.steps, world.worldLines + 1),
    run: answer,
    was
  };
}

// What the field shows, also where it is edited.
function save() {
  const text = edited() ? byId("text").value : now.text;
  const link = element(
      "a", {href: URL.createObjectURL(new Blob([text], {type: "text/plain"})), download: now.name});
  link.click();
  // The browser reads it after this.
  setTimeout(() => URL.revokeObjectURL(link.href), 10000);
  say(`Saved as ${now.name}${edited() ? ", with the edits that haven't been run" : ""}`);
}

async function openFile(file) {
  if (file.size > choices.limits.body_bytes) {
    tellProblem(`${file.name} is larger than ${choices.limits.body_bytes} bytes`);
    return;
  }
  const next = await attempt(async () => opened(file.name, await file.text()));
  if (next !== null) become(next);
}

async function startOver() {
  const next = await attempt(() => begin(now.host, now.pages));
  if (next !== null) become(next);
}

async function runText() {
  const text = byId("text").value;
  const next = await attempt(() => opened(now.name, text));
  if (next === null) return;
  if (byId("text").value === text) written = text;
  become(next);
}

// What the text field had when the page wrote it last: what else it has is the reader's.
let written = "";
const edited = () => byId("text").value !== written;

function drawText() {
  if (!edited()) {
    byId("text").value = now.text;
    written = byId("text").value;
  }
  tellEdited();
}

function tellEdited() {
  byId("edited").hidden = !edited();
  byId("file-name").textContent = edited() ? `${now.name}, with edits not run yet` : now.name;
}

function dropEdits() {
  byId("text").value = written;
  byId("text").focus();
  drawText();
}

// ---- What is drawn ----

function drawWorld() {
  const size = element("input", {
    type: "number",
    min: 1,
    max: choices.limits.pages,
    value: now.pages,
    disabled: now.worldLines === 0,
    onchange: (event) => changeHost((host) => host, Number(event.target.value))
  });
  const world =
      [...hostChoices(choices, now.host, changeHost), element("label", {}, "Pages", size)];
  redrawn(byId("world"), () => byId("world").replaceChildren(...world));
  const settings = settingsView(choices, now.host, now.run.host.settings, changeHost);
  redrawn(byId("settings-body"), () => byId("settings-body").replaceChildren(...settings));
  tellSettings(now.host);
}

function drawPages() {
  const {now: files, before} = filesAfter(steps(), seen);
  const held = byId("pages").contains(document.activeElement);
  grids = [...files].map(
      ([name, file]) =>
          new PageGrid(name, file, before.get(name), {onchoose: choose, onkey: pressed}));
  byId("pages").replaceChildren(...grids.map(
      (grid) => element(
          "div", {class: "file"},
          element("h3", {}, `${grid.name}, ${grid.pages} ${grid.pages === 1 ? "page" : "pages"}`),
          grid.grid)));
  if (grids.length === 0)
    byId("pages").replaceChildren(
        element("p", {class: "note"}, "No guest_memfd is there after this call."));
  keepChoice(held);
  const at = seen + 1 === steps().length ? "after the last call" :
                                           `after call ${seen + 1} of ${steps().length}`;
  byId("where").textContent = steps().length === 0 ? "" : at;
}

// The same pages stay chosen where they still are.
function keepChoice(held) {
  const grid = grids.find((each) => each.name === chosen?.name) ?? grids.at(-1) ?? null;
  if (grid === null) {
    chosen = null;
    return;
  }
  grid.choose(chosen?.anchor ?? 0, chosen?.focus ?? 0, false);
  chosen = grid;
  if (held) grid.take();
}

function choose(grid) {
  for (const other of grids) {
    if (other !== grid) other.choose(other.focus, other.focus, false);
  }
  chosen = grid;
  drawActions();
}

function pressed(event) {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const action = ACTIONS.find((each) => each.key === event.key);
  const others = {z: undo, y: redo, m: nextMode};
  const doIt = action ? () => actOn(action) : others[event.key];
  if (doIt === undefined) return;
  event.preventDefault();
  inTurn(doIt);
}

function nextMode() {
  const at = MODES.findIndex(([word]) => word === options.mode);
  [options.mode] = MODES[(at + 1) % MODES.length];
  drawActions();
  say(`Contents: ${MODES.find(([word]) => word === options.mode)[1]}`);
}

async function actOn(action) {
  if (chosen === null) return;
  const around = surroundings(steps(), chosen.name);
  const inPlace = now.run.host.in_place;
  const reason = whyNot(action, around, chosen.range(), inPlace);
  if (reason !== "")
    say(`${action.text}: ${reason}`);
  else
    await act(action.lines(around, chosen.range(), {...options, inPlace}));
}

function actionButton(action, around) {
  const reason = whyNot(action, around, chosen.range(), now.run.host.in_place);
  return element(
      "button", {
        type: "button",
        id: `do-${action.id}`,
        "aria-disabled": reason === "" ? null : "true",
        title: reason === "" ? null : reason,
        "aria-label": `${action.group}: ${action.text}`,
        "aria-keyshortcuts": action.key.length > 1 || action.key === action.key.toLowerCase() ?
            action.key :
            `Shift+${action.key}`,
        onclick: () => inTurn(() => actOn(action))
      },
      action.text, element("kbd", {"aria-hidden": "true"}, action.key));
}

function extraOf(group) {
  if (group === "Convert")
    return choice("Contents", MODES, options.mode, (mode) => {
      options.mode = mode;
    });
  if (group !== "Host") return null;
  return element("label", {}, "Byte", element("input", {
                   type: "text",
                   id: "byte",
                   maxlength: 1,
                   size: 2,
                   value: options.byte,
                   oninput: (event) => {
                     options.byte = event.target.value;
                   }
                 }));
}

function drawActions() {
  const held = document.activeElement?.id;
  if (chosen === null) {
    byId("actions").replaceChildren();
    return;
  }
  const around = surroundings(steps(), chosen.name);
  const {first, last} = chosen.range();
  const groups = [...new Set(ACTIONS.map((action) => action.group))].map(
      (group) => element(
          "fieldset",
          {},
          element("legend", {}, group),
          ACTIONS.filter((action) => action.group === group)
              .map((action) => actionButton(action, around)),
          extraOf(group),
          ));
  const which = first === last ? `page ${first}` : `pages ${first} to ${last}`;
  byId("actions").replaceChildren(
      element(
          "p", {class: "chosen-range"}, "Chosen: ", element("strong", {}, which),
          ` of ${chosen.name}`),
      ...groups);
  if (held?.startsWith("do-")) byId(held)?.focus();
}

function stepButton(each, index) {
  const was = now.was.get(each.line);
  const differs = was !== undefined || !each.met;
  const place = each.turn === null ? each.line : `${each.line}, turn ${each.turn}`;
  return element(
      "li", {},
      element(
          "button",
          {
            type: "button",
            class: `step-button${differs ? " differs" : ""}`,
            "aria-current": index === seen ? "step" : null,
            title: `line ${place}`,
            onclick: () => look(index)
          },
          element("code", {}, each.call),
          " ",
          answerBadge(each),
          differs ?
              element(
                  "span", {class: "tag"},
                  was === undefined ? `expected ${each.expected ?? "success"}` : `was ${was}`) :
              null,
          ));
}

function look(index) {
  seen = index;
  drawPages();
  drawActions();
  drawStep();
  byId("steps").querySelectorAll("button").forEach((button, i) => {
    if (i === index)
      button.setAttribute("aria-current", "step");
    else
      button.removeAttribute("aria-current");
  });
}

function drawStep() {
  const each = steps()[seen];
  byId("step").replaceChildren(
      ...(each ? stepView(each, now.was.get(each.line)).filter((part) => part !== null) :
                 [element("p", {class: "note"}, "No call has run.")]));
}

function drawScenario() {
  byId("undo").setAttribute("aria-disabled", String(done.length === 0));
  byId("redo").setAttribute("aria-disabled", String(undone.length === 0));
  byId("steps").replaceChildren(...steps().map(stepButton));
  byId("steps").querySelector("[aria-current]")?.scrollIntoView({
    block: "nearest",
    container: "nearest"
  });
  const {end} = now.run;
  byId("end").hidden = end === null;
  byId("end").textContent = end === null ? "" : `Line ${end.line} ended the run: ${end.reason}.`;
  drawText();
}

function draw() {
  drawWorld();
  drawPages();
  drawActions();
  drawStep();
  drawScenario();
}

// ---- What the reader does ----

function listenToScenario() {
  byId("undo").addEventListener("click", () => inTurn(undo));
  byId("redo").addEventListener("click", () => inTurn(redo));
  byId("save").addEventListener("click", save);
  byId("open").addEventListener("click", () => byId("file").click());
  byId("new").addEventListener("click", () => inTurn(startOver));
  byId("run-text").addEventListener("click", () => inTurn(runText));
  byId("drop-edits").addEventListener("click", dropEdits);
  byId("text").addEventListener("input", tellEdited);
  byId("file").addEventListener("change", async (event) => {
    const [file] = event.target.files;
    event.target.value = "";
    if (file) await inTurn(() => openFile(file));
  });
  document.addEventListener("dragover", (event) => event.preventDefault());
  document.addEventListener("drop", (event) => {
    event.preventDefault();
    const [file] = event.dataTransfer.files;
    if (file) inTurn(() => openFile(file));
  });
}

function showTab(name) {
  for (const tab of ["memory", "capabilities"]) {
    byId(tab).hidden = tab !== name;
    byId(`tab-${tab}`).setAttribute("aria-selected", String(tab === name));
    byId(`tab-${tab}`).tabIndex = tab === name ? 0 : -1;
  }
}

function listenToTabs() {
  for (const name of ["memory", "capabilities"]) {
    const tab = byId(`tab-${name}`);
    tab.addEventListener("click", () => showTab(name));
    tab.addEventListener("keydown", (event) => {
      if (event.key !== "ArrowLeft" && event.key !== "ArrowRight") return;
      const other = name === "memory" ? "capabilities" : "memory";
      showTab(other);
      byId(`tab-${other}`).focus();
    });
  }
}

async function main() {
  choices = await start();
  learnMarks(choices.meanings);
  drawLegend(choices.meanings);
  listenToScenario();
  listenToTabs();
  const first =
      {arch: "x86", revision: choices.default_revision, vmType: "SW_PROTECTED", settings: {}};
  const {file} = choices;
  const world = await begin(first, 8);
  become(file === null ? world : (await attempt(() => opened(file.name, file.text))) ?? world);
  done.length = 0;
  drawScenario();
  beginCapabilities(choices);
  document.documentElement.dataset.ready = "yes";
}

main().catch((error) => tellProblem(error.message));
