#include "tools/cli/completion.h"

#include <algorithm>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "tools/cli/command_tree.h"
#include "tools/cli/completion_values.h"
#include "tools/cli/text.h"

namespace kvm_model::cli {
namespace {

// What the words before the last one have chosen.
struct Read {
  const Command* command = nullptr;
  std::vector<std::string> arguments;  // those without a name
  std::map<std::string_view, std::string> options;
  const Argument* wants_value = nullptr;  // the option whose value comes next
  bool only_arguments = false;            // after --
};

const Argument* FindOption(const Command& command, std::string_view name) {
  for (const Argument& option : command.options) {
    if (std::ranges::find(option.names, name) != option.names.end()) return &option;
  }
  return nullptr;
}

void ReadOption(std::string_view word, Read& read) {
  const auto equals = word.find('=');
  const Argument* const option = FindOption(*read.command, word.substr(0, equals));
  if (option == nullptr) return;
  std::string& value = read.options[option->names.back()];
  if (equals != std::string_view::npos) {
    value = word.substr(equals + 1);
  } else if (!option->value.empty()) {
    read.wants_value = option;
  }
}

Read ReadWords(const Command& root, std::span<const std::string> words) {
  Read read;
  read.command = &root;
  for (const std::string& word : words) {
    if (read.wants_value != nullptr) {
      read.options[read.wants_value->names.back()] = word;
      read.wants_value = nullptr;
    } else if (word == "--") {
      read.only_arguments = true;
    } else if (word.starts_with("-") && !read.only_arguments) {
      ReadOption(word, read);
    } else if (const Command* const below = FindCommand(*read.command, word);
               below != nullptr && read.arguments.empty()) {
      read.command = below;
    } else {
      read.arguments.push_back(word);
    }
  }
  return read;
}

// Whether an option may still be given.
bool IsOpen(const Argument& option, const Read& read) {
  const auto given = [&read](const std::string& name) { return read.options.contains(name); };
  if (std::ranges::any_of(option.excludes, given)) return false;
  return option.repeated || std::ranges::none_of(option.names, given);
}

void AddOptions(const Read& read, Completion& completion) {
  for (const Argument& option : read.command->options) {
    if (IsOpen(option, read)) {
      completion.candidates.push_back({option.names.back(), option.description});
    }
  }
}

void AddCommands(const Command& command, Completion& completion) {
  for (const Command& below : command.commands) {
    completion.candidates.push_back({std::string(LastWord(below)), below.description});
  }
}

// The values of an option or argument; each candidate opens with `start`.
void AddValues(const Argument& argument, const Command& root, const Read& read,
               std::string_view start, std::string_view word, Completion& completion) {
  if (argument.value == "COMMAND") {
    const Command* command = &root;
    for (const std::string& name : read.arguments) {
      command = FindCommand(*command, name);
      if (command == nullptr) return;
    }
    return AddCommands(*command, completion);
  }
  Completion values;
  for (const std::string& choice : argument.choices) values.candidates.push_back({choice, ""});
  if (argument.choices.empty()) {
    const auto chosen = [&read](std::string_view option) {
      const auto found = read.options.find(option);
      return found == read.options.end() ? std::string() : found->second;
    };
    values = ValuesOf(argument.value, word,
                      {chosen("--arch"), chosen("--host"), Joined(read.arguments, " ")});
  }
  for (Candidate& each : values.candidates) {
    completion.candidates.push_back({Cat(start, each.word), std::move(each.description)});
  }
  completion.files |= values.files;
  completion.folders |= values.folders;
  completion.goes_on |= values.goes_on;
}

void AddArguments(const Command& root, const Read& read, std::string_view word,
                  Completion& completion) {
  const std::vector<Argument>& arguments = read.command->arguments;
  const std::size_t next = read.arguments.size();
  if (next < arguments.size()) {
    AddValues(arguments[next], root, read, "", word, completion);
  } else if (!arguments.empty() && arguments.back().repeated) {
    AddValues(arguments.back(), root, read, "", word, completion);
  }
}

}  // namespace

Completion Complete(const Command& root, std::span<const std::string> words) {
  Completion completion;
  if (words.empty()) return completion;
  const std::string& word = words.back();
  const Read read = ReadWords(root, words.first(words.size() - 1));
  const auto equals = word.find('=');
  if (read.wants_value != nullptr) {
    AddValues(*read.wants_value, root, read, "", word, completion);
  } else if (word.starts_with("--") && equals != std::string::npos && !read.only_arguments) {
    const std::string_view view = word;
    const Argument* const option = FindOption(*read.command, view.substr(0, equals));
    if (option != nullptr && !option->value.empty()) {
      AddValues(*option, root, read, view.substr(0, equals + 1), view.substr(equals + 1),
                completion);
    }
  } else if (word.starts_with("-") && !read.only_arguments) {
    AddOptions(read, completion);
  } else {
    if (read.arguments.empty()) AddCommands(*read.command, completion);
    AddArguments(root, read, word, completion);
    const bool nothing_else =
        completion.candidates.empty() && !completion.files && !completion.folders;
    if (nothing_else && word.empty() && !read.only_arguments) AddOptions(read, completion);
  }
  std::erase_if(completion.candidates,
                [&word](const Candidate& candidate) { return !candidate.word.starts_with(word); });
  return completion;
}

std::string ToText(const Completion& completion) {
  std::string text;
  for (const Candidate& candidate : completion.candidates) {
    text += Cat(candidate.word, candidate.description.empty() ? "" : "\t",
                WithoutEnd(candidate.description, "."), "\n");
  }
  if (completion.files) text += ":files\n";
  if (completion.folders) text += ":folders\n";
  if (completion.goes_on) text += ":goes-on\n";
  return text;
}

}  // namespace kvm_model::cli
