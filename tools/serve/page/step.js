// What one call did: as C, what came back and what that means, and the decisions that led to it.
import {element} from "./dom.js";

function trailLine(step, decides) {
  const line = element("li", {class: `${step.kind}${decides ? " decides" : ""}`}, step.text);
  line.style.setProperty("--depth", step.depth - 1);
  if (decides) line.append(" ", element("span", {class: "tag"}, "decided"));
  if (step.certainty === "inferred") line.append(" ", element("span", {class: "tag"}, "inferred"));
  return line;
}

function trailOf({trail, decides}) {
  if (trail === null)
    return element(
        "p", {class: "note"}, "The decisions of so many calls are too much for one page.");
  if (trail.length === 0) return element("p", {class: "note"}, "Nothing had to be decided.");
  return element("ol", {class: "trail"}, trail.map((step, i) => trailLine(step, i === decides)));
}

export function answerBadge(step) {
  const state = step.outcome === "ok" ? "good" : step.outcome === "failed" ? "bad" : "unsure";
  const sign = {good: "✓", bad: "✗", unsure: "?"}[state];
  const word = {good: "succeeded", bad: "failed", unsure: "not known"}[state];
  return element(
      "span", {class: `answer ${state}`},
      element("span", {class: "sign", role: "img", "aria-label": word}, sign), " ", step.answer);
}

function expectationNote(step, was) {
  if (was !== undefined)
    return element("p", {class: "note differs"}, `Before the host changed it answered ${was}.`);
  if (step.met || step.expected === null) return null;
  return element("p", {class: "note differs"}, `The scenario expects ${step.expected}.`);
}

function meaningOf(step) {
  if (step.meaning === null) return null;
  return element(
      "div",
      {class: "meaning"},
      element("p", {}, step.meaning.means),
      step.meaning.helps === null ?
          null :
          element("p", {}, element("strong", {}, "What helps: "), step.meaning.helps),
  );
}

export function stepView(step, was) {
  const turn = step.turn === null ? "" : ` (turn ${step.turn})`;
  return [
    element("p", {class: "call"}, element("code", {}, step.call), turn),
    element("p", {class: "answer-line"}, "It answers ", answerBadge(step)),
    expectationNote(step, was),
    meaningOf(step),
    element("h3", {}, "As C"),
    element(
        "pre", {class: "c", tabindex: "0", "aria-label": "The call as C"},
        element("code", {}, step.c.trimEnd().replaceAll("\t", "    "))),
    element("h3", {}, "What decided"),
    trailOf(step),
  ];
}
