#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "kvm_model/nearest.h"
#include "tools/cli/requirements.h"
#include "tools/scenario/diagnostic.h"
#include "tools/scenario/names.h"
#include "uapi/capabilities.h"
#include "uapi/capability_facts.h"
#include "uapi/flags.h"

namespace kvm_model::cli {
namespace {

using scenario::kArchitectures;

constexpr std::size_t kMostErrors = 20;
constexpr std::string_view kBlanks = " \t\r";
constexpr std::string_view kAllArchitectures = "all";
constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";

// A word of a line, and the column of its first byte.
struct Word {
  std::string_view text;
  int column = 0;
};

struct Failure {
  int column = 0;
  std::string message;
};

template <typename T>
using Parsed = std::expected<T, Failure>;

template <typename... Args>
std::unexpected<Failure> Fail(int column, const absl::FormatSpec<Args...>& format,
                              const Args&... args) {
  return std::unexpected(Failure{column, absl::StrFormat(format, args...)});
}

// A word as messages show it: long ones are cut.
std::string Quote(std::string_view word) {
  constexpr std::size_t kLongest = 64;
  if (word.size() <= kLongest) return absl::StrFormat("'%s'", word);
  return absl::StrFormat("'%s...'", word.substr(0, kLongest));
}

// The words of `text`; ">=" is a word of its own.
std::vector<Word> Split(std::string_view text) {
  std::vector<Word> words;
  std::size_t at = 0;
  while ((at = text.find_first_not_of(kBlanks, at)) != std::string_view::npos) {
    const bool is_operator = text.substr(at).starts_with(">=");
    std::size_t end =
        is_operator ? at + 2 : std::min(text.find_first_of(kBlanks, at), text.find(">=", at));
    end = std::min(end, text.size());
    words.push_back({text.substr(at, end - at), static_cast<int>(at) + 1});
    at = end;
  }
  return words;
}

std::string_view Strip(std::string_view text) {
  const std::size_t first = text.find_first_not_of(kBlanks);
  if (first == std::string_view::npos) return "";
  return text.substr(first, text.find_last_not_of(kBlanks) - first + 1);
}

// The first byte that may stand in a comment only.
std::optional<Failure> ForbiddenByte(std::string_view text) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    if ((byte < 0x20 && !kBlanks.contains(text[i])) || byte > 0x7e) {
      return Failure{
          static_cast<int>(i) + 1,
          absl::StrFormat("the byte 0x%02x may stand in comments only, and this is none", byte)};
    }
  }
  return std::nullopt;
}

// A number that an answer can be; nothing for anything else.
std::optional<std::uint64_t> Number(std::string_view text) {
  std::uint64_t number = 0;
  const bool hex = text.starts_with("0x") || text.starts_with("0X");
  const std::string_view digits = hex ? text.substr(2) : text;
  const std::string_view allowed = hex ? "0123456789abcdefABCDEF" : "0123456789";
  // The parsers of numbers would take signs and blanks too.
  if (digits.empty() || digits.find_first_not_of(allowed) != std::string_view::npos) {
    return std::nullopt;
  }
  const std::string owned(digits);
  if (!(hex ? absl::SimpleHexAtoi(owned, &number) : absl::SimpleAtoi(owned, &number))) {
    return std::nullopt;
  }
  constexpr auto kMost = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
  return number <= kMost ? std::optional(number) : std::nullopt;
}

// The flags that `capability` answers with on `arch`; everywhere, when that is empty: a name then
// stands with each meaning that some architecture gives it.
std::vector<uapi::FlagName> Flags(std::string_view capability, std::string_view arch) {
  std::vector<uapi::FlagName> flags;
  for (const std::string_view candidate : kArchitectures) {
    if (!arch.empty() && candidate != arch) continue;
    const auto names = uapi::CapabilityValueFlags(capability, candidate);
    flags.insert(flags.end(), names.begin(), names.end());
  }
  return flags;
}

Parsed<std::uint64_t> ParseFlag(const Word& word, std::string_view capability,
                                std::string_view arch) {
  if (const std::optional<std::uint64_t> number = Number(word.text)) return *number;
  const std::vector<uapi::FlagName> flags = Flags(capability, arch);
  std::optional<std::uint64_t> bit;
  std::vector<std::string_view> candidates;
  for (const uapi::FlagName& flag : flags) {
    candidates.push_back(flag.short_name);
    if (word.text != flag.name && word.text != flag.short_name) continue;
    if (bit.has_value() && *bit != flag.bit) {
      return Fail(word.column, "%s means different bits on different architectures: name one first",
                  Quote(word.text));
    }
    bit = flag.bit;
  }
  if (bit.has_value()) return *bit;
  if (word.text.empty()) return Fail(word.column, "a flag or a number is missing here");
  if (flags.empty()) {
    return Fail(word.column, "%s is no number of at most 63 bits, and %s has no named flags%s%s",
                Quote(word.text), capability, arch.empty() ? "" : " on ", arch);
  }
  return Fail(word.column, "unknown flag %s of %s%s", Quote(word.text), capability,
              DidYouMean(word.text, candidates));
}

Parsed<std::uint64_t> ParseFlags(const Word& word, std::string_view capability,
                                 std::string_view arch) {
  std::uint64_t bits = 0;
  std::size_t at = 0;
  while (true) {
    const std::size_t end = std::min(word.text.find('|', at), word.text.size());
    const Parsed<std::uint64_t> flag = ParseFlag(
        {word.text.substr(at, end - at), word.column + static_cast<int>(at)}, capability, arch);
    if (!flag) return flag;
    bits |= *flag;
    if (end == word.text.size()) break;
    at = end + 1;
  }
  // Bits of 0 would be met by every answer.
  if (bits == 0) return Fail(word.column, "%s has no bits to look for", Quote(word.text));
  return bits;
}

Parsed<std::string> ParseCapability(const Word& word) {
  const std::string full = "KVM_CAP_" + std::string(uapi::CapabilityShortName(word.text));
  std::vector<std::string_view> candidates = {"program", "source", "architectures",
                                              "vm-type", "arch",   "optional"};
  for (const uapi::CapabilityName& row : uapi::AllCapabilities()) {
    if (row.name == full) return full;
    candidates.push_back(word.text.starts_with("KVM_CAP_") ? row.name
                                                           : uapi::CapabilityShortName(row.name));
  }
  return Fail(word.column, "unknown capability %s%s", Quote(word.text),
              DidYouMean(word.text, candidates));
}

class Parser {
 public:
  explicit Parser(std::string_view file) : file_(file) {}

  std::expected<RequirementList, std::vector<std::string>> Parse(std::string_view text) {
    if (text.starts_with(kByteOrderMark)) text.remove_prefix(kByteOrderMark.size());
    while (!text.empty()) {
      const std::size_t end = std::min(text.find('\n'), text.size());
      ++line_;
      if (Parsed<void> parsed = ParseLine(text.substr(0, end)); !parsed) {
        AddError(line_, std::move(parsed).error());
      }
      text.remove_prefix(std::min(end + 1, text.size()));
    }
    CheckSections();
    if (errors_.empty() && list_.requirements.empty()) {
      AddError(1, {1, "no requirement in this list"});
    }
    if (!errors_.empty()) return std::unexpected(Messages());
    return std::move(list_);
  }

 private:
  struct Section {
    int line = 0;
    Word arch;
  };

  void AddError(int line, Failure failure) {
    if (errors_.size() == kMostErrors) {
      ++more_errors_;
      return;
    }
    errors_.push_back({file_, {line, failure.column}, std::move(failure.message)});
  }

  std::vector<std::string> Messages() {
    std::ranges::sort(errors_, {}, [](const scenario::Diagnostic& error) {
      return std::pair(error.position.line, error.position.column);
    });
    std::vector<std::string> messages;
    for (const scenario::Diagnostic& error : errors_) messages.push_back(error.ToString());
    if (more_errors_ > 0) {
      messages.push_back(absl::StrFormat("%s: %d more lines with errors", file_, more_errors_));
    }
    return messages;
  }

  Parsed<void> ParseLine(std::string_view line) {
    const std::string_view code = line.substr(0, line.find('#'));
    const std::vector<Word> words = Split(code);
    if (words.empty()) return {};
    const Word& first = words.front();
    if (first.text == "program") return ParseHeader(line, first, list_.program, program_line_);
    if (first.text == "source") return ParseHeader(line, first, list_.source, source_line_);
    if (std::optional<Failure> failure = ForbiddenByte(code)) {
      return std::unexpected(*std::move(failure));
    }
    if (first.text == "architectures") return ParseArchitectures(words);
    if (first.text == "vm-type") return ParseVmType(words);
    if (first.text == "arch") return ParseArch(words);
    return ParseRequirement(words);
  }

  Parsed<void> CheckFirst(const Word& keyword, int& first_line) const {
    if (first_line != 0) {
      return Fail(keyword.column, "a second '%s' line; the first is line %d", keyword.text,
                  first_line);
    }
    first_line = line_;
    return {};
  }

  Parsed<void> ParseHeader(std::string_view line, const Word& keyword, std::string& value,
                           int& first_line) const {
    if (std::optional<Failure> failure = ForbiddenByte(line)) {
      return std::unexpected(*std::move(failure));
    }
    if (Parsed<void> first = CheckFirst(keyword, first_line); !first) return first;
    const auto end = static_cast<std::size_t>(keyword.column - 1) + keyword.text.size();
    value = Strip(line.substr(end));
    if (value.empty()) {
      return Fail(static_cast<int>(end) + 1, "'%s' needs a text after it", keyword.text);
    }
    return {};
  }

  static Parsed<void> CheckArchitecture(const Word& word) {
    if (std::ranges::find(kArchitectures, word.text) != kArchitectures.end()) return {};
    return Fail(word.column, "unknown architecture %s%s", Quote(word.text),
                DidYouMean(word.text, kArchitectures));
  }

  Parsed<void> ParseArchitectures(std::span<const Word> words) {
    if (Parsed<void> first = CheckFirst(words[0], architectures_line_); !first) return first;
    if (words.size() == 1) return MissingAfter(words[0], "an architecture");
    for (const Word& word : words.subspan(1)) {
      if (Parsed<void> known = CheckArchitecture(word); !known) return known;
      list_.architectures.emplace_back(word.text);
    }
    return {};
  }

  // Which types there are is the architecture's to say, when a VM is made.
  Parsed<void> ParseVmType(std::span<const Word> words) {
    if (Parsed<void> first = CheckFirst(words[0], vm_type_line_); !first) return first;
    if (words.size() == 1) return MissingAfter(words[0], "a VM type");
    if (words.size() > 2) return Unexpected(words[2]);
    list_.vm_type = words[1].text;
    return {};
  }

  Parsed<void> ParseArch(std::span<const Word> words) {
    // Lines after a wrong one are read as if they held everywhere.
    arch_ = "";
    if (words.size() == 1) return MissingAfter(words[0], "an architecture or 'all'");
    if (words.size() > 2) return Unexpected(words[2]);
    if (words[1].text == kAllArchitectures) return {};
    if (Parsed<void> known = CheckArchitecture(words[1]); !known) return known;
    arch_ = words[1].text;
    sections_.push_back({line_, words[1]});
    return {};
  }

  // Every section must be for an architecture that the program runs on.
  void CheckSections() {
    if (list_.architectures.empty()) return;
    for (const Section& section : sections_) {
      if (std::ranges::find(list_.architectures, section.arch.text) != list_.architectures.end()) {
        continue;
      }
      AddError(section.line, {section.arch.column,
                              absl::StrFormat("'%s' isn't among the architectures of line %d: %s",
                                              section.arch.text, architectures_line_,
                                              absl::StrJoin(list_.architectures, " "))});
    }
  }

  static std::unexpected<Failure> MissingAfter(const Word& word, std::string_view what) {
    return Fail(word.column + static_cast<int>(word.text.size()), "'%s' needs %s after it",
                word.text, what);
  }

  static std::unexpected<Failure> Unexpected(const Word& word) {
    return Fail(word.column, "unexpected %s at the end of the line", Quote(word.text));
  }

  Parsed<void> ParseRequirement(std::span<const Word> words) {
    Requirement requirement;
    requirement.line = line_;
    requirement.arch = arch_;
    if (words[0].text == "optional") {
      requirement.optional = true;
      if (words.size() == 1) return MissingAfter(words[0], "a capability");
      words = words.subspan(1);
    }
    Parsed<std::string> capability = ParseCapability(words[0]);
    if (!capability) return std::unexpected(std::move(capability).error());
    requirement.capability = *std::move(capability);
    words = words.subspan(1);
    if (Parsed<void> parsed = ParseTest(words, requirement); !parsed) return parsed;
    if (Parsed<void> parsed = ParseScope(words, requirement); !parsed) return parsed;
    if (!words.empty()) return Unexpected(words[0]);
    list_.requirements.push_back(std::move(requirement));
    return {};
  }

  // Takes ">= NUMBER" or "has FLAGS" off the front of `words`, if it is there.
  Parsed<void> ParseTest(std::span<const Word>& words, Requirement& requirement) const {
    if (words.empty() || words[0].text == "on") return {};
    const bool at_least = words[0].text == ">=";
    if (!at_least && words[0].text != "has") {
      return Fail(words[0].column, "expected '>=', 'has', 'on' or the end of the line, found %s",
                  Quote(words[0].text));
    }
    if (words.size() == 1) {
      return MissingAfter(words[0], at_least ? "a number" : "flags or a number");
    }
    const Word& value = words[1];
    if (at_least) {
      const std::optional<std::uint64_t> number = Number(value.text);
      if (!number.has_value()) {
        return Fail(value.column, "%s is no number from 0 to 2^63 - 1", Quote(value.text));
      }
      requirement.test = RequirementTest::kAtLeast;
      requirement.value = *number;
    } else {
      const Parsed<std::uint64_t> bits = ParseFlags(value, requirement.capability, arch_);
      if (!bits) return std::unexpected(bits.error());
      requirement.test = RequirementTest::kHas;
      requirement.value = *bits;
    }
    requirement.value_text = value.text;
    words = words.subspan(2);
    return {};
  }

  // Takes "on system" or "on vm" off the front of `words`, if it is there.
  static Parsed<void> ParseScope(std::span<const Word>& words, Requirement& requirement) {
    if (words.empty() || words[0].text != "on") return {};
    if (words.size() == 1) return MissingAfter(words[0], "'system' or 'vm'");
    if (words[1].text == "vm") {
      requirement.scope = RequirementScope::kVm;
    } else if (words[1].text != "system") {
      return Fail(words[1].column, "expected 'system' or 'vm', found %s", Quote(words[1].text));
    }
    words = words.subspan(2);
    return {};
  }

  const std::string file_;
  int line_ = 0;
  std::string arch_;  // of the section; empty: everywhere
  std::vector<Section> sections_;
  int program_line_ = 0;
  int source_line_ = 0;
  int architectures_line_ = 0;
  int vm_type_line_ = 0;
  RequirementList list_;
  std::vector<scenario::Diagnostic> errors_;
  int more_errors_ = 0;
};

}  // namespace

std::expected<RequirementList, std::vector<std::string>> ParseRequirements(
    std::string_view text, std::string_view file_name) {
  return Parser(file_name).Parse(text);
}

}  // namespace kvm_model::cli
