// The capabilities of a host as a table: searched, compared with another host's, explained.
import {ask, byId, choice, element, latest, redrawn, say} from "./dom.js";
import {hostText} from "./scenario.js";
import {hostChoices} from "./world.js";

const attempt = latest();
const attemptExplanation = latest();

let choices = null;
let rows = [];
const sides = {};

// "NAME=VALUE NAME=VALUE" as settings.
function settingsIn(text) {
  const words = text.split(/[\s,]+/).filter((word) => word !== "");
  return Object.fromEntries(
      words.map((word) => [word.split("=")[0], word.split("=").slice(1).join("=")]));
}

function settingsText(host) {
  return Object.entries(host.settings).map(([name, value]) => `${name}=${value}`).join(" ");
}

function hostOf(text) {
  const [names, ...settings] = text.split(",");
  const [arch, revision, vmType] = names.split("/");
  return {arch, revision, vmType, settings: settingsIn(settings.join(" "))};
}

function drawSide(id) {
  const {host, scope} = sides[id];
  const change = (next) => {
    sides[id].host = next(sides[id].host);
    sides[id].preset = "";
    drawSide(id);
    load();
  };
  const presets = [["", "none"], ...choices.presets.map((each) => [each.name, each.name])];
  const settings = element("input", {
    type: "text",
    value: settingsText(host),
    placeholder: "hw.snp=y CONFIG_KVM_HYPERV=n",
    onchange: (event) => change((now) => ({...now, settings: settingsIn(event.target.value)}))
  });
  const fields = element(
      "div",
      {class: "fields"},
      choice("Host with a name", presets, sides[id].preset, (name) => choosePreset(id, name)),
      hostChoices(choices, host, change),
      element("label", {class: "wide"}, "Settings", settings),
      id === "host-a" ? choice(
                            "Who is asked", [["vm", "a VM"], ["system", "/dev/kvm"]], scope,
                            (word) => {
                              sides[id].scope = word;
                              load();
                            }) :
                        null,
  );
  redrawn(byId(id), () => byId(id).replaceChildren(fields));
}

function choosePreset(id, name) {
  const preset = choices.presets.find((each) => each.name === name);
  sides[id].preset = name;
  if (preset) sides[id].host = hostOf(preset.host);
  drawSide(id);
  load();
}

function comparing() {
  return byId("compare").checked;
}

async function load() {
  const {host, scope} = sides["host-a"];
  const answer = await attempt(
      () => comparing() ?
          ask("diff", {from: hostText(host), to: hostText(sides["host-b"].host), scope}) :
          ask("list", {host: hostText(host), scope}));
  if (answer === null) return;
  byId("explanation").hidden = true;
  rows = comparing() ? answer.differences.map(differenceRow) : answer.rows.map(listedRow);
  draw();
}

function valueText(answer) {
  if (!answer.known) return "not known";
  if (answer.errno !== null) return answer.errno;
  const flags = answer.flags ?? [];
  return flags.length === 0 ? String(answer.value) : `${answer.value} (${flags.join("|")})`;
}

function listedRow(answer) {
  return {
    number: answer.number,
    name: answer.name,
    zero: answer.known && answer.value === 0,
    words: `${answer.number} ${answer.name} ${answer.text}`.toLowerCase(),
    cells: [answer.text + (answer.inferred ? " (inferred)" : "")]
  };
}

function because(difference) {
  const text = (each) => `${each.name} ${each.from ?? "none"} → ${each.to ?? "none"}`;
  const needed =
      difference.needed.length === 0 ? "" : ` (with ${difference.needed.map(text).join(", ")})`;
  return difference.because.length === 0 ?
      "" :
      `because of ${difference.because.map(text).join(", ")}${needed}`;
}

function differenceRow(difference) {
  const cells = [valueText(difference.from), valueText(difference.to), because(difference)];
  return {
    number: difference.number,
    name: difference.name,
    zero: false,
    words: `${difference.number} ${difference.name} ${cells.join(" ")}`.toLowerCase(),
    cells
  };
}

function headings() {
  return comparing() ? ["Number", "Capability", "Host", "Other host", "Why"] :
                       ["Number", "Capability", "Answer"];
}

function rowView(row) {
  const labels = headings().slice(2);
  const cells = row.cells.map((text, i) => element("td", {"data-label": labels[i]}, text));
  const explain = element(
      "button", {
        type: "button",
        class: "link",
        "aria-label": `Explain ${row.name}`,
        onclick: () => explainOne(row.name)
      },
      row.name);
  return element(
      "tr", {}, element("td", {class: "number", "data-label": "Number"}, row.number),
      element("th", {scope: "row"}, explain), cells);
}

function draw() {
  const search = byId("search").value.trim().toLowerCase();
  const all = byId("zero").checked || comparing();
  const shown = rows.filter((row) => row.words.includes(search) && (all || !row.zero));
  const head = element(
      "thead", {},
      element("tr", {}, headings().map((text) => element("th", {scope: "col"}, text))));
  byId("matrix").replaceChildren(
      element(
          "caption", {class: "unseen"},
          comparing() ? "Capabilities that the hosts answer otherwise" :
                        "Capabilities of the host"),
      head,
      element("tbody", {}, shown.map(rowView)),
  );
  const what = comparing() ? "differences" : "capabilities";
  byId("matrix-count").textContent = `${shown.length} of ${rows.length} ${what}`;
}

async function explainOne(capability) {
  const {host, scope} = sides["host-a"];
  const answer =
      await attemptExplanation(() => ask("explain", {host: hostText(host), scope, capability}));
  if (answer === null) return;
  byId("explanation-title").textContent = `${answer.name} (${answer.number}): ${valueText(answer)}`;
  byId("explanation-body").replaceChildren(...explanationView(answer));
  byId("explanation").hidden = false;
  byId("explanation").focus();
  byId("explanation").scrollIntoView({block: "start"});
  say(`Explained: ${answer.name}`);
}

function changesView(changes) {
  if (changes.length === 0)
    return element("p", {class: "note"}, "Nothing that was tried changes it.");
  return element(
      "ul", {class: "changes"},
      changes.map(
          (change) => element(
              "li",
              {},
              element("span", {class: "note"}, `${choices.changes[change.kind]}: `),
              change.change,
              " → ",
              element("strong", {}, valueText(change)),
              change.as === null ? null : element("span", {class: "note"}, ` as ${change.as}`),
              )));
}

function explanationView(answer) {
  const asked = answer.scope === "vm" ? `a VM of type ${answer.vm_type}` : "/dev/kvm";
  return [
    element("p", {class: "note"}, `Asked of ${asked}, ${answer.arch} ${answer.revision}.`),
    answer.meaning === null ? null : element("p", {}, answer.meaning),
    answer.value_kind === null ? null : element("p", {}, `The answer is ${answer.value_kind}.`),
    answer.note === null ? null : element("p", {class: "note differs"}, answer.note),
    element("h3", {}, "How it is decided"),
    element(
        "ol", {class: "trail"},
        answer.trail.map((step) => element("li", {class: step.kind}, step.text))),
    element(
        "p", {class: "note"},
        answer.inferred ? "The specification infers this answer." :
                          "It follows from the kernel's source."),
    element("h3", {}, "What would change it"),
    changesView(answer.changes),
  ].filter((part) => part !== null);
}

export function beginCapabilities(given) {
  choices = given;
  const first = {arch: "x86", revision: choices.default_revision, vmType: "SNP", settings: {}};
  sides["host-a"] = {host: first, scope: "vm", preset: ""};
  sides["host-b"] = {host: {...first, vmType: "TDX"}, scope: "vm", preset: ""};
  drawSide("host-a");
  drawSide("host-b");
  byId("compare").addEventListener("change", () => {
    byId("host-b").hidden = !comparing();
    byId("zero").disabled = comparing();
    load();
  });
  byId("search").addEventListener("input", draw);
  byId("zero").addEventListener("change", draw);
  load();
}
