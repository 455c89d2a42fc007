// What people say of errnos and terms, in tables of text.
#ifndef KVM_MODEL_TOOLS_EXPLAIN_TEXTS_H_
#define KVM_MODEL_TOOLS_EXPLAIN_TEXTS_H_

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

struct TermText {
  std::string term;
  std::string means;
  std::string rule;  // whose scenario shows it
};

// A row a line, columns separated by tabs, comments behind #.
std::vector<ErrnoText> ParseErrnoTexts(std::string_view table);
std::vector<TermText> ParseTermTexts(std::string_view table);

// The row of the call, or else that of every call; null for none.
const ErrnoText* FindErrnoText(const std::vector<ErrnoText>& texts, std::string_view call,
                               std::string_view error);

}  // namespace kvm_model::explain

#endif  // KVM_MODEL_TOOLS_EXPLAIN_TEXTS_H_
