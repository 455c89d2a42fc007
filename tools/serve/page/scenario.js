// The text of a scenario: lines with a call, what it must answer, and a comment.

// { call, expectation, comment } of a line; blanks around them are left out. A '#' or "->" within a
// byte ('#') is part of the call.
export function splitLine(line) {
  let quoted = false;
  let arrow = -1;
  let hash = line.length;
  for (let i = 0; i < line.length; ++i) {
    if (quoted && line[i] === "\\")
      ++i;
    else if (line[i] === "'")
      quoted = !quoted;
    else if (!quoted && line[i] === "#") {
      hash = i;
      break;
    } else if (!quoted && arrow < 0 && line.startsWith("->", i))
      arrow = i;
  }
  const head = arrow < 0 ? line.slice(0, hash) : line.slice(0, arrow);
  return {
    call: head.trimEnd(),
    expectation: arrow < 0 ? "" : line.slice(arrow + 2, hash).trim(),
    comment: line.slice(hash),
  };
}

export function withExpectation(line, expectation) {
  const {call, comment} = splitLine(line);
  return `${call} -> ${expectation}${comment === "" ? "" : `  ${comment}`}`;
}

// The text with what its calls answered as their expectations, from line `first` on (from 1). Lines
// in a repeat answer more than once and stay as they are.
export function withAnswers(text, steps, first) {
  const lines = text.split("\n");
  for (const step of steps) {
    if (step.line < first || step.turn !== null || step.outcome === "unknown") continue;
    lines[step.line - 1] = withExpectation(lines[step.line - 1], step.answer);
  }
  return lines.join("\n");
}

// The host as `kvmsim caps --host` takes it.
export function hostText(host) {
  const settings = Object.entries(host.settings).map(([name, value]) => `,${name}=${value}`);
  return `${host.arch}/${host.revision}/${host.vmType || "DEFAULT"}${settings.join("")}`;
}

// The same in a scenario.
function hostLine(host) {
  const settings = Object.entries(host.settings).map(([name, value]) => ` ${name}=${value}`);
  return `host ${host.arch} ${host.revision}${settings.join("")}`;
}

// The line with a VM of that type, written where it had one.
function withVmType(line, type) {
  return line.replace(/(\bcreate_vm\s*)\(([^)]*)\)/, (_, name, list) => {
    const given = list.split(",").map((word) => word.trim());
    const isNamed = (word) => /^\w+\s*=/.test(word);
    const named = given.findIndex((word) => /^type\s*=/.test(word));
    if (named >= 0)
      given[named] = `type=${type}`;
    else if (given.length > 1 && !isNamed(given[1]))
      given[1] = type;
    else
      given.push(given.some(isNamed) ? `type=${type}` : type);
    return `${name}(${given.join(", ")})`;
  });
}

// The scenario, which has the host `from`, under another: its host line, and the type of the VM
// that it makes first. What is the same on both stays as it is written.
export function withHost(text, from, to) {
  const lines = text.split("\n");
  const change = (at, changed) => {
    if (at < 0) return;
    const {comment} = splitLine(lines[at]);
    const before = lines[at].slice(0, lines[at].length - comment.length);
    const blanks = before.slice(before.trimEnd().length);
    lines[at] = changed(before.trimEnd()) + blanks + comment;
  };
  if (hostLine(from) !== hostLine(to))
    change(lines.findIndex((line) => /^\s*host\s/.test(line)), () => hostLine(to));
  if (from.vmType !== to.vmType)
    change(
        lines.findIndex((line) => /^\s*(\w+\s*=\s*)?create_vm\s*\(/.test(line)),
        (line) => withVmType(line, to.vmType));
  return lines.join("\n");
}

// The VM type that the scenario makes first; empty where it is none of those that are known.
export function vmTypeOf(steps, known) {
  const call = steps.find((step) => step.process === "" && step.name === "create_vm");
  const type = (call?.arguments.type ?? "DEFAULT").replace(/^KVM_X86_(.*)_VM$/, "$1");
  return known.includes(type) ? type : "";
}
