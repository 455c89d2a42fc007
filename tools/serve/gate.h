// Which requests are let in: only those of a page that this server gave, or of a program that names
// the server by its address.
//
// A browser sends requests for any page that is open in it. So that no other site reads or asks
// anything here: Host must be an address of this server, as a name may have been pointed at it
// (DNS rebinding); a POST must be JSON, which a foreign page can't send unasked; and where the
// browser tells where a request comes from, it must be from here.
#ifndef KVM_MODEL_TOOLS_SERVE_GATE_H_
#define KVM_MODEL_TOOLS_SERVE_GATE_H_

#include <optional>
#include <string>
#include <string_view>

#include "tools/serve/message.h"

namespace kvm_model::serve {

// Why the request is refused, judged by all of it but its body; nothing when it is let in.
std::optional<Response> Refused(const Request& request);

// {"error": MESSAGE} with that status.
Response ErrorResponse(int status, std::string_view message);

}  // namespace kvm_model::serve

#endif  // KVM_MODEL_TOOLS_SERVE_GATE_H_
