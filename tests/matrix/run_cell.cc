// Runs a cell of the matrix, as an action of the build: everything that it depends on is named by
// its arguments.
//
// Exits with 0 also where a scenario fails: the report says so. 2: the arguments are wrong, or a
// file can't be read or written.
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <iterator>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "CLI/CLI.hpp"
#include "absl/strings/str_format.h"
#include "tests/matrix/cell.h"
#include "tests/matrix/world.h"
#include "tools/revisions/sentences.h"
#include "tools/rules/catalogue.h"
#include "tools/rules/cells.h"
#include "tools/scenario/ast.h"
#include "tools/scenario/parser.h"

namespace kvm_model::matrix {
namespace {

constexpr int kWrong = 2;

[[noreturn]] void Fail(std::string_view message) {
  std::cerr << "run_cell: " << message << "\n";
  std::exit(kWrong);
}

std::string Read(const std::string& path) {
  std::ifstream file(path);
  if (!file) Fail(path + " can't be read");
  return {std::istreambuf_iterator<char>(file), {}};
}

struct Arguments {
  std::string rule;
  std::string arch;
  std::string revision;
  std::string vm_type;
  std::vector<std::string> settings;
  std::uint64_t seed = 1;
  std::string areas;
  std::string cells;
  std::string exercises;
  std::vector<std::string> sentences;
  std::vector<std::string> scenarios;
  std::string out;
};

// Those of the rule that are about the architecture and, where they are run as they are written,
// the revision: of the files and of the tables of capabilities.
std::vector<scenario::Scenario> Scenarios(const Arguments& arguments) {
  std::vector<std::pair<std::string, std::string>> texts;
  for (const std::string& file : arguments.scenarios) texts.emplace_back(file, Read(file));
  if (!arguments.cells.empty()) {
    auto of_cells = rules::CellScenarios(Read(arguments.cells), Read(arguments.exercises));
    for (auto& [name, text] : of_cells) texts.emplace_back(std::move(name), std::move(text));
  }
  std::vector<scenario::Scenario> wanted;
  for (const auto& [name, text] : texts) {
    auto parsed = scenario::Parse(name, text);
    if (!parsed) Fail(parsed.error().front().ToString());
    const bool is_there = !arguments.vm_type.empty() || parsed->host.revision == arguments.revision;
    if (parsed->rule != arguments.rule || parsed->host.arch != arguments.arch) continue;
    if (is_there) wanted.push_back(*std::move(parsed));
  }
  if (wanted.empty()) Fail("no scenario of " + arguments.rule);
  return wanted;
}

CellOptions Options(const Arguments& arguments) {
  CellOptions options;
  options.seed = arguments.seed;
  if (arguments.vm_type.empty()) {
    options.backend = "model";
    return options;
  }
  World world{arguments.arch, arguments.revision, {}, arguments.vm_type};
  for (const std::string& setting : arguments.settings) {
    const std::size_t equals = setting.find('=');
    if (equals == std::string::npos) Fail("'" + setting + "' is no NAME=VALUE");
    world.settings.emplace_back(setting.substr(0, equals), setting.substr(equals + 1));
  }
  options.backend = "model " + NameOf(world);
  options.world = std::move(world);
  return options;
}

void Run(const Arguments& arguments) {
  Tables tables;
  tables.areas = rules::ParseAreas(Read(arguments.areas));
  for (const std::string& file : arguments.sentences) {
    tables.sentences.push_back(revisions::ParseSentences(Read(file)));
  }
  if (!arguments.cells.empty()) tables.cells = rules::ParseCells(Read(arguments.cells));
  std::ofstream out(arguments.out);
  RunCell(Scenarios(arguments), tables, Options(arguments), out);
  if (!out.flush()) Fail(arguments.out + " can't be written");
}

int Main(int argc, char** argv) {
  Arguments arguments;
  CLI::App app("Runs one rule's scenarios in one world of the matrix.");
  app.add_option("--rule", arguments.rule)->required();
  app.add_option("--arch", arguments.arch)->required();
  app.add_option("--revision", arguments.revision)->required();
  app.add_option("--vm-type", arguments.vm_type, "Without it: as the scenarios are written.");
  app.add_option("--set", arguments.settings, "NAME=VALUE")->take_all();
  app.add_option("--seed", arguments.seed)->required();
  app.add_option("--areas", arguments.areas)->required();
  CLI::Option* const cells = app.add_option("--cells", arguments.cells);
  app.add_option("--exercises", arguments.exercises)->needs(cells);
  app.add_option("--sentences", arguments.sentences)->take_all();
  app.add_option("--out", arguments.out)->required();
  app.add_option("scenarios", arguments.scenarios);
  CLI11_PARSE(app, argc, argv);
  Run(arguments);
  return EXIT_SUCCESS;
}

}  // namespace
}  // namespace kvm_model::matrix

int main(int argc, char** argv) { return kvm_model::matrix::Main(argc, argv); }
