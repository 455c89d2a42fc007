// What `kvmsim lockstep` prints.
#ifndef KVM_MODEL_TOOLS_CLI_LOCKSTEP_REPORT_H_
#define KVM_MODEL_TOOLS_CLI_LOCKSTEP_REPORT_H_

#include <cstdint>
#include <string>
#include <string_view>

#include "tools/lockstep/campaign.h"

namespace kvm_model::cli {

// For people: how much was compared, and a difference in full. `host` as a scenario has it.
std::string CampaignText(const lockstep::CampaignResult& result, std::string_view host,
                         std::uint64_t seed);
// One JSON object and a newline: see docs/command-line.md.
std::string CampaignJson(const lockstep::CampaignResult& result, std::string_view host,
                         std::uint64_t seed);

}  // namespace kvm_model::cli

#endif  // KVM_MODEL_TOOLS_CLI_LOCKSTEP_REPORT_H_
