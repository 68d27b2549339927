#include "rest/dicomweb/negotiation.h"

#include <algorithm>

namespace dcmfs::rest {
namespace {

std::string parameter(const MediaType& type, std::string_view name) {
  const auto found = std::ranges::find_if(
      type.parameters, [&](const auto& one) { return same_but_case(one.first, name); });
  return found == type.parameters.end() ? "" : found->second;
}

// By whichever of its names.
bool accepts_json(const MediaType& type) {
  return type.accepts(kDicomJson) || type.accepts("application/json");
}

}  // namespace

std::string accept_of(const Request& request) {
  std::string all;
  for (const auto& [name, value] : request.query.all()) {
    if (name != "accept") continue;
    std::string text = value;
    // "application/dicom+json" unencoded in a query: the '+' has become a space.
    for (std::size_t i = 1; i + 1 < text.size(); ++i)
      if (text[i] == ' ' && text[i - 1] != ',' && text[i - 1] != ';' &&
          (text.compare(i + 1, 4, "json") == 0 || text.compare(i + 1, 3, "xml") == 0))
        text[i] = '+';
    all += (all.empty() ? "" : ",") + text;
  }
  return all.empty() ? std::string(header(request.headers, "Accept")) : all;
}

std::vector<Wanted> wanted(const Request& request) {
  std::vector<Wanted> all;
  for (auto& accepted : accepted_types(accept_of(request))) {
    if (accepted.quality <= 0) continue;
    Wanted one;
    one.transfer_syntax = parameter(accepted, "transfer-syntax");
    if (accepted.name == "multipart/related" || accepted.name == "multipart/*") {
      one.multipart = true;
      // Some put the parameters of the part into its type.
      auto inner = MediaType::parse(parameter(accepted, "type"));
      if (inner && one.transfer_syntax.empty())
        one.transfer_syntax = parameter(*inner, "transfer-syntax");
      one.type = inner ? *std::move(inner) : MediaType{"*/*", {}, 1};
    } else {
      one.single = true;
      one.multipart = accepted.name == "*/*";
      one.type = std::move(accepted);
    }
    all.push_back(std::move(one));
  }
  return all;
}

std::optional<ModelForm> model_form(const Request& request) {
  const auto all = wanted(request);
  for (const Wanted& one : all) {
    if (one.single && accepts_json(one.type)) return ModelForm::json;
    if (one.multipart && one.type.accepts(kDicomXml)) return ModelForm::xml;
  }
  // There is none alone (PS3.18 table 10.6.3-1), but who names it alone means the parts.
  for (const Wanted& one : all)
    if (one.single && one.type.accepts(kDicomXml)) return ModelForm::xml;
  return std::nullopt;
}

std::optional<ModelForm> report_form(const Request& request) {
  for (const Wanted& one : wanted(request)) {
    if (!one.single) continue;
    if (accepts_json(one.type)) return ModelForm::json;
    if (one.type.accepts(kDicomXml)) return ModelForm::xml;
  }
  return std::nullopt;
}

}  // namespace dcmfs::rest
