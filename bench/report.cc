#include "bench/report.h"

#include <algorithm>
#include <expected>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/strings/str_format.h"
#include "nlohmann/json.hpp"

namespace kvm_model::bench {
namespace {

using Json = nlohmann::json;

// A name's parts: layer/store/fragmentation/pages/mode/residency.
struct Family {
  std::string layer, store, fragmentation, pages, mode, residency;
};

std::optional<Family> ParseName(std::string_view name) {
  std::vector<std::string> parts(1);
  for (const char c : name) {
    if (c == '/') {
      parts.emplace_back();
    } else {
      parts.back() += c;
    }
  }
  // What follows is Google Benchmark's: that the time is measured by hand.
  if (parts.size() < 6) return std::nullopt;
  return Family{parts[0], parts[1], parts[2], parts[3], parts[4], parts[5]};
}

struct Rates {
  std::vector<double> conversions;
  std::vector<double> pages;
};

double Median(std::vector<double> values) {
  std::ranges::sort(values);
  const std::size_t half = values.size() / 2;
  return values.size() % 2 == 1 ? values[half] : (values[half - 1] + values[half]) / 2;
}

// 1234567 as "1.23M".
std::string Short(double value) {
  for (const char* unit : {"", "k", "M", "G"}) {
    if (value < 999.5) return absl::StrFormat("%.3g%s", value, unit);
    value /= 1000;
  }
  return absl::StrFormat("%.3gT", value);
}

// The rates of each benchmark by name, and the names in the run's order.
class Run {
 public:
  // What is wrong with the run, if anything.
  std::optional<std::string> Read(const Json& run) {
    if (!run.is_object() || !run.contains("benchmarks") || !run["benchmarks"].is_array()) {
      return "this is no run of a benchmark";
    }
    for (const Json& entry : run["benchmarks"]) {
      if (!entry.is_object()) return "this is no run of a benchmark";
      if (entry.value("run_type", "iteration") != "iteration") continue;
      const std::string name = entry.value("name", "");
      if (entry.value("error_occurred", false)) {
        return name + ": " + entry.value("error_message", "error");
      }
      const double conversions = entry.value("items_per_second", 0.0);
      if (conversions <= 0) return name + ": no conversions per second";
      Rates& rates = rates_[name];
      if (rates.conversions.empty()) order_.push_back(name);
      rates.conversions.push_back(conversions);
      rates.pages.push_back(entry.value("pages_per_second", 0.0));
    }
    return std::nullopt;
  }

  const std::vector<std::string>& order() const { return order_; }
  const Rates& operator[](const std::string& name) const { return rates_.at(name); }

  // The peer that makes the same conversions; null when it didn't run.
  const Rates* Peer(const Family& family, std::string_view store) const {
    for (const auto& [name, rates] : rates_) {
      const std::optional<Family> other = ParseName(name);
      if (other && other->layer == "store" && other->store == store &&
          other->fragmentation == family.fragmentation && other->pages == family.pages) {
        return &rates;
      }
    }
    return nullptr;
  }

 private:
  std::vector<std::string> order_;
  std::map<std::string, Rates> rates_;
};

std::string Ratio(double conversions, const Rates* peer) {
  if (peer == nullptr) return "-";
  const double ratio = conversions / Median(peer->conversions);
  return ratio < 0.01 ? absl::StrFormat("%.1g", ratio) : absl::StrFormat("%.2f", ratio);
}

std::string Line(const Run& run, const std::string& name, const Family& family) {
  const double conversions = Median(run[name].conversions);
  return absl::StrFormat("%-17s%-14s%-8s%-12s%-10s%8s%9s%10s%8s\n", family.layer,
                         family.fragmentation, family.pages, family.mode, family.residency,
                         Short(conversions), Short(Median(run[name].pages)),
                         Ratio(conversions, run.Peer(family, "std_map")),
                         Ratio(conversions, run.Peer(family, "bitmap")));
}

}  // namespace

std::expected<std::string, std::string> RatioTable(std::string_view json) {
  const Json parsed = Json::parse(json, nullptr, /*allow_exceptions=*/false);
  Run run;
  if (const auto wrong = run.Read(parsed)) return std::unexpected(*wrong);

  std::string table;
  for (const std::string& name : run.order()) {
    const std::optional<Family> family = ParseName(name);
    if (family && family->store == "model") table += Line(run, name, *family);
  }
  if (table.empty()) return std::unexpected("no family of the model has run");
  return "Conversions a second, against a bare std::map and a bitmap; above 1 the model is "
         "faster.\n" +
         absl::StrFormat("%-17s%-14s%-8s%-12s%-10s%8s%9s%10s%8s\n", "layer", "fragmentation",
                         "pages", "mode", "residency", "conv/s", "pages/s", "/std_map", "/bitmap") +
         table;
}

}  // namespace kvm_model::bench
