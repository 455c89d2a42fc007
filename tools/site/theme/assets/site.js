// Search and the choice of light or dark ground. Nothing is fetched but the index beside this file,
// and the pages can be read without it.
"use strict";

const base = document.currentScript.dataset.base.replace(/\/$/, "");
const MOST_FOUND = 30;
const SNIPPET = 140;

// Light and dark ground.
const GROUNDS = ["auto", "light", "dark"];
function readGround() {
  try {
    return localStorage.getItem("ground") || "auto";
  } catch {
    return "auto";
  }
}
function setGround(ground) {
  if (ground === "auto") {
    delete document.documentElement.dataset.theme;
  } else {
    document.documentElement.dataset.theme = ground;
  }
  const button = document.getElementById("ground");
  const words = { auto: "Auto", light: "Light", dark: "Dark" };
  button.textContent = words[ground];
  button.setAttribute("aria-label", `Ground: ${words[ground]}`);
  button.dataset.ground = ground;
}
const groundButton = document.getElementById("ground");
groundButton.hidden = false;
groundButton.addEventListener("click", () => {
  const next = GROUNDS[(GROUNDS.indexOf(groundButton.dataset.ground) + 1) % GROUNDS.length];
  setGround(next);
  try {
    localStorage.setItem("ground", next);
  } catch {
    // It holds for this page alone.
  }
});
setGround(readGround());

// On a phone the menu is closed until it is asked for.
if (!matchMedia("(min-width: 60rem)").matches) document.getElementById("menu").open = false;

// Wide tables scroll by themselves.
for (const table of document.querySelectorAll("main table")) {
  const box = document.createElement("div");
  box.className = "scroll";
  box.tabIndex = 0;
  box.setAttribute("role", "region");
  box.setAttribute("aria-label", "Table");
  table.replaceWith(box);
  box.append(table);
}

// Search.
const query = document.getElementById("query");
const found = document.getElementById("found");
const count = document.getElementById("count");
document.querySelector(".search").hidden = false;
let loading = null;
function loadIndex() {
  loading ??= new Promise((resolve, reject) => {
    const script = document.createElement("script");
    script.src = `${base}/assets/search-index.js`;
    script.onload = () =>
      resolve(
        window.searchIndex.map(([address, title, heading, words]) => ({
          address, title, heading, words,
          lowHeading: heading.toLowerCase(), lowTitle: title.toLowerCase(), lowWords: words.toLowerCase(),
        })),
      );
    script.onerror = reject;
    document.head.append(script);
  });
  return loading;
}

// How well a section fits: 0 where a word is missing.
function score(entry, terms) {
  let sum = 0;
  for (const term of terms) {
    let part = 0;
    if (entry.lowHeading === term) part += 60;
    if (entry.lowHeading.includes(term)) part += 30;
    if (entry.lowTitle.includes(term)) part += 8;
    const times = entry.lowWords.split(term).length - 1;
    if (times > 0) part += 2 + Math.min(times, 8);
    if (part === 0) return 0;
    sum += part;
  }
  return sum;
}

// The text with each term marked.
function marked(text, terms) {
  const element = document.createDocumentFragment();
  const escaped = terms.map((term) => term.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
  const pattern = new RegExp(`(${escaped.join("|")})`, "gi");
  text.split(pattern).forEach((part, index) => {
    if (index % 2 === 1) {
      const mark = document.createElement("mark");
      mark.textContent = part;
      element.append(mark);
    } else {
      element.append(part);
    }
  });
  return element;
}

function snippet(entry, terms) {
  const first = Math.max(0, Math.min(...terms.map((term) => entry.lowWords.indexOf(term)).filter((at) => at >= 0), Infinity));
  if (!Number.isFinite(first)) return entry.words.slice(0, SNIPPET);
  const start = Math.max(0, first - SNIPPET / 3);
  return (start > 0 ? "\u2026" : "") + entry.words.slice(start, start + SNIPPET);
}

async function search() {
  const terms = query.value.toLowerCase().split(/\s+/).filter(Boolean);
  if (terms.length === 0) {
    found.hidden = true;
    count.textContent = "";
    return;
  }
  const index = await loadIndex();
  const best = index
    .map((entry) => ({ entry, points: score(entry, terms) }))
    .filter(({ points }) => points > 0)
    .sort((one, other) => other.points - one.points)
    .slice(0, MOST_FOUND);
  found.replaceChildren(
    ...best.map(({ entry }) => {
      const link = document.createElement("a");
      link.href = `${base}/${entry.address}`;
      const heading = document.createElement("strong");
      heading.append(marked(entry.heading, terms));
      const page = document.createElement("span");
      if (entry.title !== entry.heading) page.append(entry.title);
      const words = document.createElement("span");
      words.append(marked(snippet(entry, terms), terms));
      link.append(heading, page, words);
      const item = document.createElement("li");
      item.append(link);
      return item;
    }),
  );
  count.textContent = `${best.length} found`;
  if (best.length === 0) {
    const item = document.createElement("li");
    item.className = "nothing";
    item.textContent = "Nothing was found.";
    found.replaceChildren(item);
  }
  found.hidden = false;
}
query.addEventListener("focus", loadIndex, { once: true });
query.addEventListener("input", search);
document.addEventListener("keydown", (event) => {
  const typing = /^(INPUT|TEXTAREA|SELECT)$/.test(document.activeElement.tagName);
  if (event.key === "/" && !typing && !event.ctrlKey && !event.metaKey && !event.altKey) {
    event.preventDefault();
    query.focus();
  } else if (event.key === "Escape") {
    found.hidden = true;
  } else if ((event.key === "ArrowDown" || event.key === "ArrowUp") && !found.hidden) {
    const links = [...found.querySelectorAll("a")];
    const at = links.indexOf(document.activeElement);
    const next = at + (event.key === "ArrowDown" ? 1 : -1);
    if (document.activeElement !== query && at < 0) return;
    event.preventDefault();
    (next < 0 ? query : links[Math.min(next, links.length - 1)] ?? query).focus();
  }
});
document.addEventListener("click", (event) => {
  if (!event.target.closest(".search")) found.hidden = true;
});
