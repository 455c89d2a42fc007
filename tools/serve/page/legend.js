// What the marks of a page mean, and which keys do what.
import {ACTIONS} from "./calls.js";
import {byId, element} from "./dom.js";

// `marks` are those of the server's pictures.
export function drawLegend(marks) {
  const contents = marks.filter(({kind, mark}) => kind === "contents" && mark !== ".");
  const meanings = [
    ["shared, private", "who may touch the page; a private one is striped"],
    ...contents.map(({mark, meaning}) => [mark, meaning]),
    ["hole", "the file has no page there"],
    [
      "H, G",
      "the host's process, the guest: filled when the page is in its page tables, " +
          "framed when it can get there, – when it can't"
    ],
    ["U", "the guest has the page by way of the host's memory"],
    ["pin 1", "so many long-term references; err: the one that a memory error keeps"],
    ["●", "the call changed the page"],
    ["✓", "the page is chosen"],
  ];
  byId("legend").replaceChildren(element(
      "dl", {},
      meanings.map(([mark, meaning]) => [element("dt", {}, mark), element("dd", {}, meaning)])));
  const keys = [
    ["← → ↑ ↓", "go to a page"], ["Shift and these", "choose several"],
    ["Home, End", "first, last page"], ["Ctrl A", "all pages"], ["Esc", "one page again"],
    ...ACTIONS.map((action) => [action.key, `${action.group}: ${action.text}`]),
    ["m", "next way to treat contents"], ["z, y", "undo, redo"]
  ];
  byId("keys").replaceChildren(
      element("p", {}, "While a page has the focus:"),
      element(
          "dl", {},
          keys.map(
              ([key,
                text]) => [element("dt", {}, element("kbd", {}, key)), element("dd", {}, text)])));
}
