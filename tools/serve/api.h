// What the server answers: the page's files, and questions about scenarios and capabilities.
//
//   GET  /             the page, and the files that it names
//   GET  /api/start    {"file", "architectures", "revisions", "presets", "meanings", "limits"}
//   POST /api/world    {"host", "pages"} -> {"text"}: the scenario that a page begins with
//   POST /api/run      {"scenario"} -> what RunText tells
//   POST /api/list     {"host", "scope"} -> {"host", "rows"}: every capability of a host
//   POST /api/diff     {"from", "to", "scope"} -> what `kvmsim caps diff --format json` prints
//   POST /api/explain  {"host", "scope", "capability"} -> what `caps explain --format json` prints
//
// A host is written as for `kvmsim caps --host`; "machine", which is read from files, is none here.
// What is wrong with a question is answered with a 4xx status and {"error"}. Nothing is kept
// between requests. Thread-safe.
#ifndef KVM_MODEL_TOOLS_SERVE_API_H_
#define KVM_MODEL_TOOLS_SERVE_API_H_

#include <semaphore>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "tools/serve/limits.h"
#include "tools/serve/message.h"

namespace kvm_model::serve {

// The scenario that the page opens; without a name there is none.
struct OpenedFile {
  std::string name;
  std::string text;
};

class Api {
 public:
  explicit Api(OpenedFile file) : file_(std::move(file)) {}

  // The answer to a request that was let in.
  Response Answer(const Request& request);

 private:
  Response Asked(const Request& request);

  const OpenedFile file_;
  std::counting_semaphore<kMostAtWork> at_work_{kMostAtWork};
};

struct Header {
  std::string_view name;
  std::string_view value;
};
// What every response says besides: that the page runs no script and loads nothing but its own.
std::span<const Header> ResponseHeaders();

}  // namespace kvm_model::serve

#endif  // KVM_MODEL_TOOLS_SERVE_API_H_
