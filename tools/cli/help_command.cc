#include "tools/cli/help_command.h"

#include <functional>
#include <memory>
#include <optional>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

#include "absl/strings/str_format.h"
#include "nlohmann/json.hpp"
#include "tools/cli/caps_format.h"
#include "tools/cli/command_tree.h"
#include "tools/cli/completion.h"
#include "tools/cli/embedded_file.h"
#include "tools/cli/exit_code.h"
#include "tools/cli/guide.h"
#include "tools/cli/man_page.h"
#include "tools/cli/options.h"
#include "tools/cli/usage_message.h"

namespace kvm_model::cli {
namespace {

struct HelpOptions {
  std::vector<std::string> words;
  std::string format = "text";
};

Json ToJson(const Argument& argument) {
  return {{"names", argument.names},
          {"value", OrNull(argument.value)},
          {"choices", argument.choices},
          {"default", OrNull(argument.usual)},
          {"description", argument.description},
          {"required", argument.required},
          {"repeated", argument.repeated},
          {"excludes", argument.excludes}};
}

Json ToJson(const Command& command) {
  Json json = {{"name", command.name},
               {"description", command.description},
               {"man_page", ManPageName(command)},
               {"arguments", Json::array()},
               {"options", Json::array()},
               {"commands", Json::array()}};
  for (const Argument& each : command.arguments) json["arguments"].push_back(ToJson(each));
  for (const Argument& each : command.options) json["options"].push_back(ToJson(each));
  for (const Command& each : command.commands) json["commands"].push_back(ToJson(each));
  return json;
}

// What `--help` prints for the command; app.help() would tell of the chosen one, which is help.
int Help(const CLI::App& app, std::string_view version, const HelpOptions& options,
         std::ostream& out, std::ostream& err) {
  const Command root = ReadCommand(app);
  std::vector<const Command*> path;
  const Command* command = &root;
  for (const std::string& word : options.words) {
    const Command* const below = FindCommand(*command, word);
    if (below == nullptr && command->commands.empty()) {
      return FailUsage(absl::StrFormat("'%s' has no commands", command->name), err);
    }
    if (below == nullptr) return FailUsage(*UnknownCommand(app, options.words), err);
    path.push_back(below);
    command = below;
  }
  if (options.format == "man") {
    out << ManPage(root, path, {version, BuiltInGuide().front().text});
  } else if (options.format == "json") {
    out << Dump(ToJson(*command), 1) << "\n";
  } else {
    out << HelpText(app, root.name, options.words);
  }
  return kAllAsExpected;
}

}  // namespace

void AddHelpCommand(CLI::App& app, std::string_view version, std::ostream& out, std::ostream& err,
                    std::function<int()>& run) {
  CLI::App& help = AddCommand(app, "help", "Lists the commands, or tells of one.");
  const auto options = std::make_shared<HelpOptions>();
  AddOption(help, "COMMAND", options->words, "A command, word by word: caps get.");
  AddOption(help, "--format", options->format, "How it is printed; man: as a manual page, in roff.")
      .OneOf({"text", "man", "json"})
      .ShowDefault();
  SetAction(help, run, [&app, version, options, &out, &err] {
    return Help(app, version, *options, out, err);
  });
}

void AddCompletionCommand(CLI::App& app, std::ostream& out, std::function<int()>& run) {
  CLI::App& completion =
      AddCommand(app, "completion", "Prints what completes command lines in a shell.");
  const auto shell = std::make_shared<std::string>();
  std::vector<std::string> shells;
  for (const EmbeddedFile& script : CompletionScripts()) shells.emplace_back(script.name);
  AddOption(completion, "SHELL", *shell, "The shell.").Required().OneOf(shells);
  SetAction(completion, run, [shell, &out] {
    for (const EmbeddedFile& script : CompletionScripts()) {
      if (script.name == *shell) out << script.text;
    }
    return static_cast<int>(kAllAsExpected);
  });
}

}  // namespace kvm_model::cli
