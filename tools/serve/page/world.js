// What a host is made of, to choose from: architecture, revision, VM type and settings.
import {byId, choice, element} from "./dom.js";

function architectureOf(choices, name) {
  return choices.architectures.find((each) => each.name === name) ?? choices.architectures[0];
}

// The host with another architecture: types and settings that it lacks are left behind.
export function withArch(choices, host, arch) {
  const next = architectureOf(choices, arch);
  const known = new Set(next.settings.map((setting) => setting.name));
  const settings =
      Object.fromEntries(Object.entries(host.settings).filter(([name]) => known.has(name)));
  const vmType = ["", ...next.vm_types].includes(host.vmType) ? host.vmType : "DEFAULT";
  return {...host, arch, vmType, settings};
}

// The three choices that every host has. onchange() takes what makes another host of one.
export function hostChoices(choices, host, onchange) {
  const types = architectureOf(choices, host.arch).vm_types;
  return [
    choice(
        "Architecture", choices.architectures.map((each) => each.name), host.arch,
        (arch) => onchange((now) => withArch(choices, now, arch))),
    choice(
        "Revision", choices.revisions, host.revision,
        (revision) => onchange((now) => ({...now, revision}))),
    choice(
        "VM type", host.vmType === "" ? [["", "as the file has it"], ...types] : types, host.vmType,
        (vmType) => onchange((now) => ({...now, vmType}))),
  ];
}

// What can be chosen for a setting; null for a number, which is typed.
function optionsOf(setting) {
  if (setting.type === "switch") return ["y", "n"];
  if (setting.words.length > 0) return setting.words;
  if (setting.numbers.length > 0) return setting.numbers.map(String);
  return null;
}

function controlOf(setting, value, now, onchange) {
  const shown = now === undefined ? "as by default" : `by default ${now}`;
  const options = optionsOf(setting);
  if (options === null) {
    return element("input", {
      type: "text",
      inputmode: "numeric",
      value: value ?? "",
      placeholder: shown,
      "aria-label": setting.name,
      onchange: (event) => onchange(event.target.value.trim())
    });
  }
  const none = element("option", {value: "", selected: value === undefined}, shown);
  const made =
      options.map((word) => element("option", {value: word, selected: word === value}, word));
  return element(
      "select", {"aria-label": setting.name, onchange: (event) => onchange(event.target.value)},
      none, made);
}

function settingRow(setting, host, now, onchange) {
  const value = host.settings[setting.name];
  const changed = (word) => onchange((latest) => {
    const {[setting.name]: _, ...rest} = latest.settings;
    return {...latest, settings: word === "" ? rest : {...rest, [setting.name]: word}};
  });
  const control = setting.follows_from === null ?
      controlOf(setting, value, value === undefined ? now : undefined, changed) :
      element(
          "span", {class: "follows"}, `${now ?? "absent"}, follows from ${setting.follows_from}`);
  return element(
      "div",
      {
        class: `setting${value === undefined ? "" : " chosen"}`,
        "data-words": `${setting.name} ${setting.meaning}`.toLowerCase()
      },
      element(
          "div", {}, element("code", {}, setting.name),
          element("span", {class: "note"}, setting.meaning)),
      control,
  );
}

let searched = "";

function filterRows(rows) {
  for (const row of rows) row.hidden = !row.dataset.words.includes(searched);
}

// Every setting of the architecture; `decided` has what the host made of them.
export function settingsView(choices, host, decided, onchange) {
  const now = new Map(decided.map(({name, value}) => [name, value]));
  const rows =
      architectureOf(choices, host.arch)
          .settings.map((setting) => settingRow(setting, host, now.get(setting.name), onchange));
  const search = element("input", {
    type: "search",
    value: searched,
    placeholder: "memory_attributes, snp",
    oninput: (event) => {
      searched = event.target.value.toLowerCase();
      filterRows(rows);
    }
  });
  filterRows(rows);
  return [
    element("label", {}, "Search the settings", search),
    element("div", {class: "setting-rows"}, rows)
  ];
}

export function tellSettings(host) {
  const names = Object.entries(host.settings).map(([name, value]) => `${name}=${value}`);
  byId("settings-count").textContent =
      names.length === 0 ? "(all by default)" : `(${names.join(", ")})`;
}
