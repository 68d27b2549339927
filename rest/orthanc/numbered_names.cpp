#include "rest/orthanc/numbered_names.h"

#include <algorithm>
#include <map>
#include <optional>
#include <span>

#include "rest/facts.h"
#include "store/number.h"

namespace dcmfs::rest {
namespace {

constexpr int kUsersMin = 1024, kUsersMax = 65535;

struct NumberedName {
  int number;
  std::string_view name;
};
// clang-format off
constexpr NumberedName kBuiltInMetadata[] = {
    { 1, "IndexInSeries"}, { 2, "ReceptionDate"},  { 3, "RemoteAET"},       { 4, "ExpectedNumberOfInstances"},
    { 5, "ModifiedFrom"},  { 6, "AnonymizedFrom"}, { 7, "LastUpdate"},      { 8, "Origin"},
    { 9, "TransferSyntax"},{10, "SopClassUid"},    {11, "RemoteIP"},        {12, "CalledAET"},
    {13, "HttpUsername"},  {14, "HttpHost"},       {15, "PixelDataOffset"},
};
constexpr NumberedName kBuiltInAttachments[] = {
    {1, "dicom"}, {2, "dicom-as-json"}, {3, "dicom-until-pixel-data"},
};
// clang-format on

std::span<const NumberedName> built_in(Numbered what) {
  return what == Numbered::metadata ? std::span<const NumberedName>(kBuiltInMetadata)
                                    : std::span<const NumberedName>(kBuiltInAttachments);
}
const std::map<std::string, int>& declared(const Services& services, Numbered what) {
  return what == Numbered::metadata ? services.facts.user_metadata
                                    : services.facts.user_content_types;
}

// nullopt: it is a name. What is too large to be counted is -1, which is no number of anything.
std::optional<int> number_in(std::string_view text) {
  const auto digits = text.substr(text.starts_with('-') ? 1 : 0);
  if (digits.empty() || digits.find_first_not_of("0123456789") != digits.npos) return std::nullopt;
  return parse_whole<int>(text).value_or(-1);
}

bool is_users(int number) {
  return number >= kUsersMin && number <= kUsersMax;
}

}  // namespace

std::string kept_name(const Services& services, Numbered what, std::string_view asked) {
  const auto number = number_in(asked);
  if (!number) return std::string(asked);
  for (const NumberedName& one : built_in(what))
    if (one.number == *number) return std::string(one.name);
  for (const auto& [name, of] : declared(services, what))
    if (of == *number) return name;
  return std::to_string(*number);
}

Result<std::string> removable_name(const Services& services, Numbered what,
                                   std::string_view asked) {
  const auto number = number_in(asked);
  if (number && !is_users(*number))
    return Error{Errc::denied, "the numbers that clients may use are 1024 to 65535"};
  return kept_name(services, what, asked);
}

Result<std::string> writable_name(const Services& services, Numbered what, std::string_view asked) {
  DCMFS_TRY(auto name, removable_name(services, what, asked));
  const auto of_orthanc = built_in(what);
  if (std::ranges::find(of_orthanc, name, &NumberedName::name) != of_orthanc.end())
    return Error{Errc::denied, "this is set by the store alone"};
  if (number_in(name) || declared(services, what).contains(name)) return name;
  return Error{Errc::not_found,
               "no such name is declared; a number from 1024 to 65535 needs no declaration"};
}

int number_of(const Services& services, Numbered what, std::string_view name) {
  const auto rows = built_in(what);
  const auto row = std::ranges::find(rows, name, &NumberedName::name);
  if (row != rows.end()) return row->number;
  const auto& names = declared(services, what);
  const auto found = names.find(std::string(name));
  return found != names.end() ? found->second : number_in(name).value_or(kUsersMin);
}

}  // namespace dcmfs::rest
