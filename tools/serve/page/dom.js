// Elements, and what the server is asked.

// An element with attributes, listeners (onclick: ...) and children; null children are left out.
export function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (key.startsWith("on"))
      made.addEventListener(key.slice(2), value);
    else
      made.setAttribute(key, value === true ? "" : value);
  }
  made.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined));
  return made;
}

export function byId(id) {
  return document.getElementById(id);
}

// Draws the container's content anew; what had the focus there, or was scrolled to, has it still.
export function redrawn(container, draw) {
  const controls = () => [...container.querySelectorAll("input, select, button")];
  const held = controls().indexOf(document.activeElement);
  const scrolled = container.querySelector(".setting-rows")?.scrollTop ?? 0;
  draw();
  const rows = container.querySelector(".setting-rows");
  if (rows !== null) rows.scrollTop = scrolled;
  if (held >= 0) controls()[held]?.focus({preventScroll: true});
}

// A labelled choice among words, or among [value, text].
export function choice(label, options, value, onchange) {
  const made = options.map((option) => {
    const [word, text] = Array.isArray(option) ? option : [option, option];
    return element("option", {value: word, selected: word === value}, text);
  });
  return element(
      "label", {}, label,
      element("select", {onchange: (event) => onchange(event.target.value)}, made));
}

async function answerOf(response) {
  const body =
      await response.json().catch(() => ({error: `the server answered ${response.status}`}));
  if (!response.ok) throw new Error(body.error ?? `the server answered ${response.status}`);
  return body;
}

async function reach(path, options) {
  try {
    return await fetch(path, options);
  } catch {
    throw new Error("the server can't be reached: is kvmsim serve still running?");
  }
}

export async function start() {
  return answerOf(await reach("/api/start"));
}

export async function ask(question, body) {
  const headers = {"Content-Type": "application/json"};
  return answerOf(
      await reach(`/api/${question}`, {method: "POST", headers, body: JSON.stringify(body)}));
}

// What went wrong, for all to see and hear; an empty text when nothing does any longer.
export function tellProblem(text) {
  const place = byId("problem");
  place.textContent = text;
  place.hidden = text === "";
}

// Said to those who hear the page.
export function say(text) {
  byId("said").textContent = text;
}

// Only the answer to the last question counts: latest(work) drops what an earlier one brings.
export function latest() {
  let asked = 0;
  return async (work) => {
    const mine = ++asked;
    try {
      const answer = await work();
      if (mine !== asked) return null;
      tellProblem("");
      return answer;
    } catch (error) {
      if (mine === asked) tellProblem(error.message);
      return null;
    }
  };
}
