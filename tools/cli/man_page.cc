#include "tools/cli/man_page.h"

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tools/cli/command_tree.h"
#include "tools/cli/guide.h"
#include "tools/cli/roff.h"
#include "tools/cli/text.h"

namespace kvm_model::cli {
namespace {

using Kind = GuideBlock::Kind;

bool IsUpper(char c) { return c >= 'A' && c <= 'Z'; }
bool IsLower(char c) { return c >= 'a' && c <= 'z'; }
char ToLower(char c) { return IsUpper(c) ? static_cast<char>(c - 'A' + 'a') : c; }

std::string Upper(std::string text) {
  for (char& c : text) c = IsLower(c) ? static_cast<char>(c - 'a' + 'A') : c;
  return text;
}

// "kvmsim-caps-get(1)".
std::string Reference(const Command& command) { return RoffIn('B', ManPageName(command)) + "(1)"; }

// The guide's words; what it calls from a clone is called as it is installed.
std::string Words(std::string_view markdown) {
  return RoffOfMarkdown(Replaced(markdown, "./run ", "kvmsim "));
}

std::string Paragraph(std::string_view markdown) {
  const bool item = markdown.starts_with("- ");
  return Cat(item ? ".IP \\(bu 2\n" : ".PP\n", Words(item ? markdown.substr(2) : markdown), "\n");
}

// "One capability's answer." as the words behind a page's name.
std::string ShortDescription(std::string_view description) {
  std::string words(WithoutEnd(description, "."));
  // A name such as KVM keeps its capitals.
  if (words.size() > 1 && !IsUpper(words[1])) words[0] = ToLower(words[0]);
  return words;
}

// What stands for the value: an option's choices, or a word.
std::string ValueText(const Argument& argument) {
  if (argument.choices.empty() || argument.names.empty()) return RoffIn('I', argument.value);
  std::vector<std::string> choices;
  for (const std::string& choice : argument.choices) choices.push_back(RoffIn('I', choice));
  return Joined(choices, "|");
}

// "-h, --help", "--format text|json".
std::string OptionNames(const Argument& argument) {
  std::string head;
  for (const std::string& name : argument.names) {
    head += Cat(head.empty() ? "" : ", ", RoffIn('B', name));
  }
  if (!argument.value.empty()) head += Cat(head.empty() ? "" : " ", ValueText(argument));
  return head;
}

std::string Synopsis(const Command& command) {
  std::string line = RoffIn('B', command.name);
  for (const Argument& option : command.options) {
    if (option.required) line += " " + OptionNames(option);
  }
  if (!command.options.empty()) line += Cat(" [", RoffIn('I', "OPTION"), "]...");
  for (const Argument& argument : command.arguments) {
    std::string word = RoffIn('I', argument.value);
    if (!argument.required) word = Cat("[", word, "]");
    line += Cat(" ", word, argument.repeated ? "..." : "");
  }
  std::string lines = command.needs_command ? "" : line + "\n";
  if (!command.commands.empty()) {
    lines += Cat(lines.empty() ? "" : ".br\n", RoffIn('B', command.name), " ",
                 RoffIn('I', "COMMAND"), " ...\n");
  }
  return Cat(".SH SYNOPSIS\n.nh\n", lines, ".hy\n");
}

std::string ArgumentText(const Argument& argument) {
  std::string words = Roff(argument.description);
  const auto add = [&words](std::string_view sentence) {
    words +=
        Cat(words.empty() || words.ends_with(".") ? "" : ".", words.empty() ? "" : "\n", sentence);
  };
  if (argument.names.empty() && !argument.choices.empty()) {
    add(Cat("One of ", Roff(Joined(argument.choices, ", ")), "."));
  }
  if (!argument.limits.empty()) add(Cat("From ", Roff(argument.limits), "."));
  if (!argument.usual.empty()) {
    add(Cat("The default is ", RoffIn('I', argument.usual), "."));
  }
  if (argument.required && !argument.names.empty()) add("It must be given.");
  if (argument.repeated) add("It may be given several times.");
  if (!argument.excludes.empty()) {
    add(Cat("Not together with ", Roff(Joined(argument.excludes, ", ")), "."));
  }
  return Cat(".TP\n", OptionNames(argument), "\n", words, "\n");
}

std::string ArgumentsText(std::string_view heading, const std::vector<Argument>& arguments) {
  if (arguments.empty()) return {};
  std::string text = Cat(".SH ", heading, "\n");
  for (const Argument& argument : arguments) text += ArgumentText(argument);
  return text;
}

std::string CommandsText(const Command& command) {
  if (command.commands.empty()) return {};
  std::string text = ".SH COMMANDS\n";
  for (const Command& below : command.commands) {
    text += Cat(".TP\n", Reference(below), "\n", Roff(below.description), "\n");
  }
  return text;
}

// A table as a list: its rows by their first cells.
std::string TableText(const GuideBlock& table) {
  std::string text;
  for (std::size_t row = 1; row < table.rows.size(); ++row) {
    const std::vector<std::string>& cells = table.rows[row];
    std::vector<std::string> rest;
    for (std::size_t column = 1; column < cells.size(); ++column) {
      if (!cells[column].empty()) rest.push_back(Words(cells[column]));
    }
    text += Cat(".TP\n", Words(cells[0]), "\n", Joined(rest, "; "), "\n");
  }
  return text;
}

// The examples are shown as they are called from a clone.
std::string ConsoleText(const GuideBlock& console) {
  std::vector<std::string> lines;
  for (const std::string& line : console.lines) {
    const bool command = line.starts_with("$ ");
    lines.push_back(command ? Replaced(line, "./run", "kvmsim") : line);
  }
  return RoffVerbatim(lines);
}

struct Told {
  std::string description;
  std::string examples;
};

// What a section of the guide tells. What introduces an example stands before it.
Told TellSection(const std::vector<GuideBlock>& blocks) {
  Told told;
  std::string introduction;
  for (const GuideBlock& block : blocks) {
    const bool options =
        block.kind == Kind::kTable && !block.rows.empty() && block.rows[0][0].starts_with("option");
    if (block.kind == Kind::kConsole) {
      told.examples += Cat(introduction, ConsoleText(block));
    } else if (!options) {
      told.description += introduction;
    }
    introduction.clear();
    if (block.kind == Kind::kParagraph) {
      const bool introduces = block.lines[0].ends_with(":");
      (introduces ? introduction : told.description) += Paragraph(block.lines[0]);
    } else if (block.kind == Kind::kOtherFence) {
      told.description += RoffVerbatim(block.lines);
    } else if (block.kind == Kind::kTable && !options) {
      told.description += TableText(block);
    }
  }
  told.description += introduction;
  return told;
}

// Whether an exit code can be the command's: one that begins with a command in backticks is that
// command's alone, and all but those of ./run are the root's.
bool IsExitCodeOf(std::string_view meaning, const Command& root, const Command& command) {
  if (!meaning.starts_with("`")) return true;
  const std::string_view word = meaning.substr(1, meaning.find_first_of(" `", 1) - 1);
  if (word == "./run") return false;
  if (&command == &root) return true;
  const std::vector<std::string> words = Split(command.name, ' ');
  return words.size() > 1 && words[1] == word;
}

// Of the guide's exit codes those that the command can have.
std::string ExitStatus(const Command& root, const Command& command, std::string_view guide) {
  std::string text;
  for (const GuideBlock& block : GuideSection(guide, "Exit codes")) {
    for (std::size_t row = 1; row < block.rows.size(); ++row) {
      const std::string& meaning = block.rows[row][1];
      if (!IsExitCodeOf(meaning, root, command)) continue;
      text += Cat(".TP\n", RoffIn('B', block.rows[row][0]), "\n", Words(meaning), "\n");
    }
  }
  return ".SH EXIT STATUS\n" + text;
}

std::string Notes(const Command& command) {
  if (command.footer.empty()) return {};
  const std::vector<std::string> lines = Split(Trimmed(command.footer), '\n');
  return ".SH NOTES\n" + RoffVerbatim(lines);
}

std::string SeeAlso(const Command& root, const std::vector<const Command*>& path) {
  std::vector<std::string> pages;
  if (path.empty()) {
    for (const Command& below : root.commands) pages.push_back(Reference(below));
  } else {
    pages.push_back(Reference(root));
    for (std::size_t above = 0; above + 1 < path.size(); ++above) {
      pages.push_back(Reference(*path[above]));
    }
    for (const Command& below : path.back()->commands) pages.push_back(Reference(below));
  }
  return Cat(".SH SEE ALSO\n.nh\n", Joined(pages, ",\n"), "\n.hy\n.PP\n",
             "docs/command\\-line.md, among the documentation of kvm_model\n");
}

}  // namespace

std::string ManPageName(const Command& command) { return Replaced(command.name, " ", "-"); }

std::string ManPage(const Command& root, const std::vector<const Command*>& path,
                    const ManPageSources& sources) {
  const Command& command = path.empty() ? root : *path.back();
  const std::string name = ManPageName(command);
  const std::string words = Replaced(command.name, root.name + " ", "");
  Told told = TellSection(GuideSection(sources.guide, words));
  std::string page = Cat(".TH ", Roff(Upper(name)), " 1 \"\" \"", Roff(root.name), " ",
                         sources.version, "\" kvm_model\n.ad l\n");
  page += Cat(".SH NAME\n", Roff(name), " \\- ", Roff(ShortDescription(command.description)), "\n",
              Synopsis(command), ".SH DESCRIPTION\n", Roff(command.description), "\n",
              told.description);
  if (path.empty()) {
    page +=
        ".PP\nWithout a command it does the main job, on one screen: does the model conform, what "
        "can a guest_memfd do, what does a conversion look like, how fast is it.\n";
  }
  page += Cat(ArgumentsText("ARGUMENTS", command.arguments),
              ArgumentsText("OPTIONS", command.options), CommandsText(command));
  if (path.empty()) {
    Told hosts = TellSection(GuideSection(sources.guide, "Hosts"));
    page += Cat(".SH HOSTS\n", hosts.description);
    told.examples = std::move(hosts.examples);
  }
  page += ExitStatus(root, command, sources.guide);
  if (!told.examples.empty()) page += Cat(".SH EXAMPLES\n", told.examples);
  if (!path.empty()) page += Notes(command);
  return page + SeeAlso(root, path);
}

}  // namespace kvm_model::cli
