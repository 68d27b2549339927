#include "net/contexts.h"

#include <algorithm>

#include "store/dicom/transfer_syntax.h"
#include "store/transcode.h"

namespace dcmfs::net {
namespace {

constexpr std::string_view kConvertible[] = {uids::ExplicitVRLittleEndian,
                                             uids::ImplicitVRLittleEndian};

bool can_be_proposed(std::string_view uid) {
  return !uid.empty() && uid.size() <= kUidBytesMax;
}

}  // namespace

bool can_be_negotiated(const StorageSyntax& what) {
  return can_be_proposed(what.sop_class) && can_be_proposed(what.transfer_syntax);
}

std::vector<std::string> syntaxes_for(const StorageSyntax& what) {
  std::vector<std::string> all{what.transfer_syntax};
  if (what.is_only || !may_become_uncompressed(what.transfer_syntax)) return all;
  for (const auto syntax : kConvertible) {
    if (syntax != what.transfer_syntax) all.emplace_back(syntax);
  }
  return all;
}

StorageSyntax travels_as(const StorageSyntax& stored, std::string_view transfer_syntax) {
  if (transfer_syntax.empty()) return stored;
  return {stored.sop_class, std::string(transfer_syntax), true};
}

std::vector<ProposedContext> contexts_for(const std::set<StorageSyntax>& all) {
  std::vector<ProposedContext> contexts, as_stored;
  std::map<std::string, std::set<std::string>> others;  // by SOP class: uncompressed, not as stored
  for (const StorageSyntax& what : all) {
    if (!can_be_negotiated(what)) continue;
    const auto syntaxes = syntaxes_for(what);
    as_stored.push_back(
        {.abstract_syntax = what.sop_class, .transfer_syntaxes = {syntaxes.front()}});
    others[what.sop_class].insert(syntaxes.begin() + 1, syntaxes.end());
  }
  for (const auto& [sop_class, wanted] : others) {
    ProposedContext context{.abstract_syntax = sop_class, .transfer_syntaxes = {}};
    for (const auto syntax : kConvertible) {
      const bool proposed = all.contains({sop_class, std::string(syntax)});
      if (!proposed && wanted.contains(std::string(syntax))) {
        context.transfer_syntaxes.emplace_back(syntax);
      }
    }
    if (!context.transfer_syntaxes.empty()) contexts.push_back(std::move(context));
  }
  // GDCM (3.0.21) reads everything in the syntax of the last context that it accepted.
  contexts.insert(contexts.end(), as_stored.begin(), as_stored.end());
  return contexts;
}

}  // namespace dcmfs::net
