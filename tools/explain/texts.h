// What people say of errnos and terms, in tables of text.
#ifndef KVM_MODEL_TOOLS_EXPLAIN_TEXTS_H_
#define KVM_MODEL_TOOLS_EXPLAIN_TEXTS_H_

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace kvm_model::explain {

struct ErrnoText {
  std::string call;  // the kernel's name; "*" for every call without a row of its own
  std::string error;
  std::string means;
  std::string helps;
  std::string rule;  // whose scenario shows it best; empty: any
};

// A call in the scenarios of a rule, and the errno, signal or exit that it comes to.
struct NamedCall {
  std::string rule;
  std::string call;   // the kernel's name
  std::string error;  // empty: it works
};

struct TermText {
  std::string term;
  std::vector<std::string> also;  // other names
  std::string means;
  std::string why;                 // the kernel has it
  std::optional<NamedCall> fails;  // nothing where no call fails by it
  std::optional<NamedCall> works;
  std::vector<std::string> differs;  // rules and capabilities that tell what differs where
  std::vector<std::string> see;      // other topics
};

// A row a line, columns separated by tabs, comments behind #. A "-" stands for nothing.
std::vector<ErrnoText> ParseErrnoTexts(std::string_view table);
std::vector<TermText> ParseTermTexts(std::string_view table);

// The row of the call, or else that of every call; null for none.
const ErrnoText* FindErrnoText(const std::vector<ErrnoText>& texts, std::string_view call,
                               std::string_view error);

}  // namespace kvm_model::explain

#endif  // KVM_MODEL_TOOLS_EXPLAIN_TEXTS_H_
