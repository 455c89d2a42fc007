// What can be done with chosen pages, as calls of the scenario language.
import {parseCall} from "./scenario.js";

const pagesText = (page) => (page === 0 ? "0" : `${page}p`);

// The names that a scenario has for what lies around a file: its VM, its map, the guest address.
export function surroundings(steps, file) {
  const found = {
    gmem: file,
    map: "",
    vm: "",
    gpa: "",
    offset: "0",
    slotOffset: 0,
    pins: new Map(),
    names: new Set()
  };
  for (const step of steps) {
    const call = parseCall(step.call);
    if (call === null) continue;
    found.names.add(call.result);
    if (step.outcome === "ok") learn(found, call);
  }
  found.usable = /^\w+$/.test(file);
  return found;
}

function learn(found, call) {
  const given = call.arguments;
  if (call.name === "mmap" && given.gmem === found.gmem && (given.offset ?? "0") === "0")
    found.map = call.result;
  if (call.name === "set_user_memory_region2" && given.guest_memfd === found.gmem &&
      given.offset === "0") {
    found.vm = given.vm;
    found.gpa = given.gpa;
    if (found.map === "" && /^\w+$/.test(given.hva)) found.map = given.hva;
  }
  if (call.name === "munmap" && given.map === found.map) found.map = "";
  const page = /^(?:(\d+)p|0)$/.exec(given.offset ?? "");
  if (call.name === "pin" && given.map === found.map && page && call.result !== "") {
    found.pins.set(call.result, Number(page[1] ?? 0));
  }
  if (call.name === "unpin") found.pins.delete(given.pin);
  if (call.name === "create_guest_memfd" && call.result === found.gmem) found.creator = given.vm;
}

function each(first, last, make) {
  const lines = [];
  for (let page = first; page <= last; ++page) lines.push(make(page));
  return lines;
}

function convert(around, inPlace, {first, last}, attributes, mode) {
  const size = pagesText(last - first + 1);
  const flags = mode === "" ? "" : `, flags=${mode}`;
  if (inPlace)
    return [`set_memory_attributes2(${around.gmem}, ${pagesText(first)}, ${size}, attributes=${
        attributes}${flags})`];
  const address = first === 0 ? around.gpa : `${around.gpa}+${pagesText(first)}`;
  return [
    `set_memory_attributes(${around.vm}, ${address}, ${size}, attributes=${attributes}${flags})`
  ];
}

function guestAddress(around, page) {
  return page === 0 ? around.gpa : `${around.gpa}+${pagesText(page)}`;
}

// Names that no call has taken: pin1, pin2, ...
function pinNames(around) {
  let last = 0;
  return () => {
    do ++last;
    while (around.names.has(`pin${last}`));
    return `pin${last}`;
  };
}

function byteText(text) {
  const byte = text === "" ? "A" : text[0];
  return byte === "'" || byte === "\\" ? `'\\${byte}'` : `'${byte}'`;
}

// Each action: the key that does it, what it needs, and its lines. `chosen` is {first, last}.
export const ACTIONS = [
  {
    id: "private",
    group: "Convert",
    text: "To private",
    key: "p",
    needs: "convert",
    lines: (a, c, o) => convert(a, o.inPlace, c, "PRIVATE", o.mode)
  },
  {
    id: "shared",
    group: "Convert",
    text: "To shared",
    key: "s",
    needs: "convert",
    lines: (a, c, o) => convert(a, o.inPlace, c, "0", o.mode)
  },
  {
    id: "host-read",
    group: "Host",
    text: "Read",
    key: "r",
    needs: "map",
    lines: (a, c) => each(c.first, c.last, (page) => `host_read(${a.map}, ${pagesText(page)})`)
  },
  {
    id: "host-write",
    group: "Host",
    text: "Write",
    key: "w",
    needs: "map",
    lines: (a, c, o) => each(
        c.first, c.last, (page) => `host_write(${a.map}, ${pagesText(page)}, ${byteText(o.byte)})`)
  },
  {
    id: "guest-read",
    group: "Guest",
    text: "Read",
    key: "g",
    needs: "vm",
    lines: (a, c) =>
        each(c.first, c.last, (page) => `guest_read(${a.vm}, ${guestAddress(a, page)})`)
  },
  {
    id: "guest-write",
    group: "Guest",
    text: "Write",
    key: "G",
    needs: "vm",
    lines: (a, c, o) => each(
        c.first, c.last,
        (page) => `guest_write(${a.vm}, ${guestAddress(a, page)}, ${byteText(o.byte)})`)
  },
  {
    id: "pin",
    group: "File",
    text: "Pin",
    key: "i",
    needs: "map",
    lines: (a, c) => {
      const name = pinNames(a);
      return each(c.first, c.last, (page) => `${name()} = pin(${a.map}, ${pagesText(page)})`);
    }
  },
  {
    id: "unpin",
    group: "File",
    text: "Unpin",
    key: "u",
    needs: "pin",
    lines: (a, c) => pinsIn(a, c).map((pin) => `unpin(${pin})`)
  },
  {
    id: "hole",
    group: "File",
    text: "Punch hole",
    key: "h",
    needs: "file",
    lines: (a, {first, last}) => [`fallocate(${a.gmem}, KEEP_SIZE|PUNCH_HOLE, ${
        pagesText(first)}, ${pagesText(last - first + 1)})`]
  },
  {
    id: "allocate",
    group: "File",
    text: "Allocate",
    key: "l",
    needs: "file",
    lines: (a, {
      first,
      last
    }) => [`fallocate(${a.gmem}, KEEP_SIZE, ${pagesText(first)}, ${pagesText(last - first + 1)})`]
  },
];

function pinsIn(around, {first, last}) {
  return [...around.pins].filter(([, page]) => page >= first && page <= last).map(([name]) => name);
}

// Some actions make a call for each page.
const MOST_TOUCHED = 64;

// Why the action can't be done now; an empty text when it can.
export function whyNot(action, around, chosen, inPlace) {
  if (!around.usable) return "the scenario gives this file no name";
  const touched =
      action.needs === "map" || action.needs === "vm" ? chosen.last - chosen.first + 1 : 1;
  if (touched > MOST_TOUCHED)
    return `it makes a call for each page: choose at most ${MOST_TOUCHED}`;
  switch (action.needs) {
    case "convert":
      return inPlace || around.vm !== "" ? "" : "no memslot has this file";
    case "map":
      return around.map === "" ? "the process doesn't map this file" : "";
    case "vm":
      return around.vm === "" ? "no memslot has this file" : "";
    case "pin":
      return pinsIn(around, chosen).length === 0 ? "no chosen page is pinned" : "";
    default:
      return "";
  }
}
