// The pages of a guest_memfd as cells that can be chosen: with the mouse, a finger or the keyboard.
import {element} from "./dom.js";

const DENSE = 64;
// What a mark of a row means, in the server's words.
const meanings = new Map();

export function learnMarks(marks) {
  for (const {kind, mark, meaning} of marks) meanings.set(`${kind} ${mark}`, meaning);
}

const meaningOf = (kind, mark) => meanings.get(`${kind} ${mark}`);

// The mark of each page in a row of runs.
function marksOf(row, pages) {
  const marks = new Array(pages).fill("");
  for (const [from, to, mark] of row.runs) marks.fill(mark, from, to);
  return marks;
}

// { pages, rows: {label: marks} } of a file's picture.
function spread(file) {
  const rows = {};
  for (const row of file.rows) rows[row.label] = marksOf(row, file.pages);
  return {pages: file.pages, rows};
}

// The files after step `index`, and as they were one step before.
export function filesAfter(steps, index) {
  const now = new Map();
  let before = new Map();
  for (let i = 0; i <= index && i < steps.length; ++i) {
    if (i === index) before = new Map(now);
    for (const [name, file] of Object.entries(steps[i].changed)) now.set(name, spread(file));
    for (const name of steps[i].gone) now.delete(name);
  }
  return {now, before};
}

// A letter stands for the byte that it is.
function contentsInWords(mark) {
  return /[A-Za-z]/.test(mark) ? `the byte ${mark}` :
                                 meaningOf("contents", mark) ?? `the byte ${mark}`;
}

function pinsInWords(mark) {
  if (mark === ".") return "";
  if (/\d/.test(mark)) return `${mark} ${mark === "1" ? "pin" : "pins"}`;
  return `pins: ${meaningOf("pins", mark)}`;
}

// Other processes' rows have the child's name behind "host".
function othersInWords(file, page) {
  return Object.entries(file.rows)
      .filter(([label, marks]) => label.startsWith("host ") && marks[page] === "H")
      .map(([label]) => `in the page tables of ${label.slice(5)}`);
}

function inWords(file, page, changed) {
  const {rows} = file;
  return [
    `Page ${page}: ${meaningOf("attributes", rows.attributes[page])}`,
    contentsInWords(rows.contents[page]),
    `host: ${meaningOf("host", rows.host[page])}`,
    `guest: ${meaningOf("guest", rows.guest[page])}`,
    pinsInWords(rows.pins[page]),
    ...othersInWords(file, page),
    changed ? "changed by this call" : "",
  ].filter((words) => words !== "")
      .join(", ");
}

function side(letter, mark) {
  const state = mark === "." ? "none" : mark === "-" ? "may" : "has";
  const text = mark === "." ? "–" : mark === "U" ? "U" : letter;
  return element("span", {class: `side ${state}`, "aria-hidden": "true"}, text);
}

function pinBadge(mark) {
  if (mark === ".") return null;
  return element(
      "span", {class: "pin", "aria-hidden": "true"}, mark === "e" ? "err" : `pin ${mark}`);
}

function cellOf(file, page, changed) {
  const {rows} = file;
  const [word] = meaningOf("attributes", rows.attributes[page]).split(" (");
  const hole = rows.contents[page] === ".";
  return element(
      "div",
      {
        role: "option",
        class: `page ${word.split(" ")[0]}${changed ? " changed" : ""}`,
        "aria-label": inWords(file, page, changed),
        "aria-selected": "false",
        "data-page": page,
        tabindex: "-1",
      },
      element("span", {class: "number", "aria-hidden": "true"}, page),
      element(
          "span", {class: `contents${hole ? " hole" : ""}`, "aria-hidden": "true"},
          hole ? "hole" : rows.contents[page]),
      element("span", {class: "attribute", "aria-hidden": "true"}, word),
      element(
          "span", {class: "sides"}, side("H", rows.host[page]), side("G", rows.guest[page]),
          pinBadge(rows.pins[page])),
  );
}

function isChanged(file, before, page) {
  if (before === undefined) return false;
  return Object.keys(file.rows).some(
      (label) => file.rows[label][page] !== before.rows[label]?.[page]);
}

// One file's cells. onchoose(grid) tells of each choice, onkey(event) of each other key.
export class PageGrid {
  constructor(name, file, before, {onchoose, onkey}) {
    this.name = name;
    this.pages = file.pages;
    this.onchoose = onchoose;
    this.onkey = onkey;
    this.cells = [];
    for (let page = 0; page < file.pages; ++page) {
      this.cells.push(cellOf(file, page, isChanged(file, before, page)));
    }
    this.grid = element(
        "div",
        {
          role: "listbox",
          class: `grid${file.pages > DENSE ? " dense" : ""}`,
          "aria-label": `Pages of ${name}`,
          "aria-multiselectable": "true",
          "data-file": name,
          onkeydown: (event) => this.key(event),
          onpointerdown: (event) => this.press(event),
          onpointermove: (event) => this.drag(event),
        },
        this.cells,
    );
    this.choose(0, 0, false);
  }

  // The pages from `anchor` to `focus`, whichever comes first.
  choose(anchor, focus, told = true) {
    this.anchor = Math.min(anchor, this.pages - 1);
    this.focus = Math.min(focus, this.pages - 1);
    const first = Math.min(this.anchor, this.focus);
    const last = Math.max(this.anchor, this.focus);
    this.cells.forEach((cell, page) => {
      cell.setAttribute("aria-selected", String(page >= first && page <= last));
      cell.tabIndex = page === this.focus ? 0 : -1;
    });
    if (told) this.onchoose(this);
  }

  range() {
    return {first: Math.min(this.anchor, this.focus), last: Math.max(this.anchor, this.focus)};
  }

  take() {
    this.cells[this.focus].focus();
  }

  columns() {
    return getComputedStyle(this.grid).gridTemplateColumns.split(" ").length;
  }

  // Where a key leads; null for one that leads nowhere.
  goal(key) {
    const steps =
        {ArrowLeft: -1, ArrowRight: 1, ArrowUp: -this.columns(), ArrowDown: this.columns()};
    if (key === "Home") return 0;
    if (key === "End") return this.pages - 1;
    if (steps[key] === undefined) return null;
    const goal = this.focus + steps[key];
    return goal < 0 || goal >= this.pages ? this.focus : goal;
  }

  key(event) {
    const goal = this.goal(event.key);
    if (goal !== null) {
      this.choose(event.shiftKey ? this.anchor : goal, goal);
      this.take();
    } else if (event.key === "a" && (event.ctrlKey || event.metaKey)) {
      this.choose(0, this.pages - 1);
      this.take();
    } else if (event.key === "Escape") {
      this.choose(this.focus, this.focus);
    } else {
      this.onkey(event);
      return;
    }
    event.preventDefault();
  }

  pageAt(event) {
    const cell = document.elementFromPoint(event.clientX, event.clientY)?.closest("[data-page]");
    return cell && this.grid.contains(cell) ? Number(cell.dataset.page) : null;
  }

  press(event) {
    const page = this.pageAt(event);
    if (page === null || event.button !== 0) return;
    this.choose(event.shiftKey ? this.anchor : page, page);
    this.take();
    event.preventDefault();
    // A finger's events all go to the cell that it touched first, unless it lets go of them.
    if (event.target.hasPointerCapture(event.pointerId))
      event.target.releasePointerCapture(event.pointerId);
  }

  drag(event) {
    if ((event.buttons & 1) === 0) return;
    const page = this.pageAt(event);
    if (page === null || page === this.focus) return;
    this.choose(this.anchor, page);
    this.take();
  }
}
