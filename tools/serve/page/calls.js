// What can be done with chosen pages, as calls of the scenario language.

const pagesText = (page) => (page === 0 ? "0" : `${page}p`);

// What the variables of a scenario mean after its calls. One whose name is given again means
// something else from then on.
class Variables {
  constructor() {
    this.means = new Map();
    this.slots = [];
    this.files = new Set();
  }

  add(step) {
    const made = Object.keys(step.changed).filter((name) => !this.files.has(name));
    for (const name of made) this.files.add(name);
    if (step.process !== "") return;
    const found = step.outcome === "ok" ? this.after(step, made[0]) : undefined;
    if (step.result !== "") this.means.set(step.result, found);
  }

  // What the call gives back.
  after({name, arguments: given}, file) {
    switch (name) {
      case "create_vm":
        return {vm: true};
      case "create_guest_memfd":
      case "ioctl":
        return file === undefined ? undefined : {file};
      case "dup":
        return this.means.get(given.fd);
      case "mmap":
        return {map: (given.offset ?? "0") === "0" ? this.means.get(given.gmem)?.file : undefined};
      case "pin":
        return {pinned: this.means.get(given.map), page: pageOf(given.offset ?? "0")};
      case "set_user_memory_region":
      case "set_user_memory_region2":
        this.setSlot(given);
        break;
      case "close":
        if (this.means.has(given.fd)) this.means.set(given.fd, undefined);
        break;
      case "munmap":
        this.forget(given.map);
        break;
      case "unpin":
        this.forget(given.pin);
        break;
    }
    return undefined;
  }

  // The thing is gone, by whichever name.
  forget(name) {
    const gone = this.means.get(name);
    for (const [each, meaning] of this.means) {
      if (meaning === gone) this.means.set(each, undefined);
    }
  }

  // Of slots that begin with a file's first page, at an address that means the same everywhere.
  setSlot(given) {
    const vm = this.means.get(given.vm);
    const {slot, gpa} = given;
    this.slots = this.slots.filter((each) => each.vm !== vm || each.slot !== slot);
    const plain = (given.offset ?? "0") === "0" && /^\d\w*(\+\d\w*)*$/.test(gpa);
    const file = plain && given.size !== "0" ? this.means.get(given.guest_memfd)?.file : undefined;
    this.slots.push({vm, slot, file, gpa, hva: this.means.get(given.hva)});
  }

  // The last variable that means it; empty for none.
  nameOf(meaning) {
    const names = [...this.means].filter(([, each]) => each !== undefined && each === meaning);
    return names.at(-1)?.[0] ?? "";
  }

  // The last thing of which that holds.
  last(holds) {
    return [...this.means.values()].filter((each) => each !== undefined && holds(each)).at(-1);
  }
}

function pageOf(offset) {
  const page = /^(?:(\d+)p|0)$/.exec(offset);
  return page === null ? -1 : Number(page[1] ?? 0);
}

// The names that a scenario has for a file and what lies around it: its VM, its map, the guest
// address, its pins. Empty where no variable means it any longer.
export function surroundings(steps, file) {
  const known = new Variables();
  for (const step of steps) known.add(step);
  const slot = known.slots.filter((each) => each.file === file).at(-1);
  const map = known.last((each) => each.map === file) ?? slot?.hva;
  const pins = [...known.means].filter(
      ([, each]) => each?.pinned && (each.pinned === map || each.pinned.map === file));
  return {
    gmem: known.nameOf(known.last((each) => each.file === file)),
    map: known.nameOf(map),
    vm: known.nameOf(slot?.vm),
    gpa: slot?.gpa ?? "",
    pins: new Map(pins.map(([name, {page}]) => [name, page])),
    names: known.means
  };
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
  const touched =
      action.needs === "map" || action.needs === "vm" ? chosen.last - chosen.first + 1 : 1;
  if (touched > MOST_TOUCHED)
    return `it makes a call for each page: choose at most ${MOST_TOUCHED}`;
  switch (action.needs) {
    case "convert":
      if (inPlace) return nameless(around);
      return around.vm === "" ? "no memslot has this file" : "";
    case "map":
      return around.map === "" ? "the process doesn't map this file" : "";
    case "vm":
      return around.vm === "" ? "no memslot has this file" : "";
    case "pin":
      return pinsIn(around, chosen).length === 0 ? "no chosen page is pinned" : "";
    default:
      return nameless(around);
  }
}

function nameless(around) {
  return around.gmem === "" ? "no variable of the scenario means this file" : "";
}
