#include "tests/matrix/cell_list.h"

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "tests/lockstep/worlds.h"
#include "tests/matrix/judge.h"
#include "tests/matrix/world.h"
#include "tools/cli/rule_suite.h"
#include "tools/rules/catalogue.h"
#include "tools/scenario/ast.h"

namespace kvm_model::matrix {
namespace {

using scenario::Scenario;

// What the cells of the tables of capabilities go by is no file.
bool IsFile(const Scenario& one) { return one.file.ends_with(".kvmt"); }

bool CanBeCompared(const Scenario& one, const std::vector<World>& worlds) {
  return std::ranges::any_of(worlds, [&](const World& world) {
    const auto moved = InWorld(one, world);
    return moved.has_value() && !WhyNotCompared(*moved).has_value();
  });
}

template <typename Texts>
std::string List(const Texts& texts) {
  const auto quoted = [](std::string* out, std::string_view text) {
    absl::StrAppendFormat(out, "\"%s\"", text);
  };
  return absl::StrFormat("[%s]", absl::StrJoin(texts, ", ", quoted));
}

constexpr std::string_view kHead =
    R"("""The worlds and the rules of the matrix: `bazel run //tests/matrix:render_cells` makes them anew.

A world is (architecture, revision, settings, VM type). A rule is (files of its scenarios,
"ARCHITECTURE REVISION" where some are written for, architectures on which the model is compared
with its twin, whether they make VMs).
"""

)";

}  // namespace

std::vector<RuleCells> ListCells(const cli::RuleSuite& suite, const std::vector<World>& worlds) {
  std::vector<RuleCells> list;
  for (const rules::Rule& rule : suite.catalogue.rules) {
    RuleCells cells;
    cells.rule = rule.id;
    for (const std::size_t index : rule.scenarios) {
      const Scenario& one = suite.scenarios[index];
      if (IsFile(one)) cells.files.push_back(one.file);
      cells.written.insert(one.host.arch + " " + one.host.revision);
      if (cells.compared.contains(one.host.arch) || !CanBeCompared(one, worlds)) continue;
      cells.compared.insert(one.host.arch);
      cells.makes_vms |= MakesVms(one);
    }
    list.push_back(std::move(cells));
  }
  return list;
}

std::string RenderCells(const std::vector<RuleCells>& cells, const std::vector<World>& worlds) {
  std::string text(kHead);
  text += "WORLDS = [\n";
  for (const World& world : worlds) {
    std::vector<std::string> settings;
    for (const auto& [name, value] : world.settings) settings.push_back(name + "=" + value);
    absl::StrAppendFormat(&text, "    (\"%s\", \"%s\", %s, \"%s\"),\n", world.arch, world.revision,
                          List(settings), world.vm_type);
  }
  text += "]\n\nRULES = {\n";
  for (const RuleCells& rule : cells) {
    absl::StrAppendFormat(&text, "    \"%s\": (%s, %s, %s, %s),\n", rule.rule, List(rule.files),
                          List(rule.written), List(rule.compared),
                          rule.makes_vms ? "True" : "False");
  }
  text += "}\n\n# The hosts of random worlds.\nRANDOM_HOSTS = [\n";
  for (const lockstep::TwinHost& host : lockstep::TwinHosts()) {
    absl::StrAppendFormat(&text, "    \"%s\",\n", host.name);
  }
  return text + "]\n";
}

}  // namespace kvm_model::matrix
