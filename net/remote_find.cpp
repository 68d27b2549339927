#include "net/remote_find.h"

#include <algorithm>

#include "net/verdict.h"
#include "store/dicom/transfer_syntax.h"

namespace dcmfs::net {
namespace {

// PS3.4 C.6.2.1: unique, required and what most nodes tell.
constexpr Tag kWanted[] = {tags::StudyInstanceUID, tags::PatientName,      tags::PatientID,
                           tags::StudyDate,        tags::StudyTime,        tags::AccessionNumber,
                           tags::StudyDescription, tags::ModalitiesInStudy};

bool is_ascii(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return (c & 0x80) == 0; });
}

}  // namespace

Dataset make_identifier(Level level, const Keys& keys) {
  Dataset identifier;
  const bool ascii =
      std::ranges::all_of(keys, [](const auto& key) { return is_ascii(key.second); });
  if (!ascii) identifier.set_text(tags::SpecificCharacterSet, "ISO_IR 192");
  identifier.set_text(tags::QueryRetrieveLevel, info(level).query_retrieve);
  for (const auto& [tag, value] : keys) identifier.set_text(tag, value);
  return identifier;
}

ProposedContext native_context(std::string_view abstract_syntax) {
  return {.abstract_syntax = std::string(abstract_syntax),
          .transfer_syntaxes = {std::string(uids::ExplicitVRLittleEndian),
                                std::string(uids::ImplicitVRLittleEndian)}};
}

Result<> find(Association& association, std::string_view model, const Dataset& identifier,
              const std::function<bool(const Dataset&)>& each) {
  const AcceptedContext* context = association.context_for(model, Role::scu);
  if (context == nullptr) {
    return Error{Errc::not_supported, "the peer does not answer queries of this kind (C-FIND)"};
  }
  const auto id = association.next_message_id();
  auto request = make_request(CommandField::c_find_rq, id, model);
  request.set_number(tags::Priority, 0);  // medium
  DCMFS_CHECK(association.send(context->id, request, identifier));
  for (bool wanted = true;;) {
    DCMFS_TRY(const Message answer, association.receive());
    if (answer.field() != response(CommandField::c_find_rq) || answer.responded_id() != id) {
      association.abort();
      return Error{Errc::corrupt, "the peer answers something else"};
    }
    const auto status = answer.status();
    if (class_of(status) != StatusClass::pending) {
      // What was not wanted any more may be answered as cancelled or not.
      if (class_of(status) == StatusClass::success || !wanted) return {};
      return Error{Errc::not_supported, "the peer answers " + text_of(status)};
    }
    if (!answer.has_dataset()) continue;
    const auto match = association.receive_dataset();
    if (!match && !association.is_open()) return match.error();
    if (!match || !wanted) continue;  // one that cannot be read hides no others
    wanted = each(*match);
    if (wanted) continue;
    auto cancel = make_request(CommandField::c_cancel_rq, 0, {});
    cancel.erase(tags::MessageID);
    cancel.erase(tags::AffectedSOPClassUID);
    cancel.set_number(tags::MessageIDBeingRespondedTo, id);
    DCMFS_CHECK(association.send(context->id, cancel));
  }
}

Result<> find(Association& association, Level level, const Keys& keys,
              const std::function<bool(const Dataset&)>& each) {
  return find(association, kStudyRootFind, make_identifier(level, keys), each);
}

Result<std::vector<Dataset>> find_studies(const Peer& peer, const Keys& keys, std::size_t limit) {
  Keys all = keys;
  for (const Tag tag : kWanted) {
    if (std::ranges::find(keys, tag, &Keys::value_type::first) == keys.end())
      all.emplace_back(tag, "");
  }
  DCMFS_TRY(auto association, Association::request(peer, {native_context(kStudyRootFind)}));
  std::vector<Dataset> studies;
  DCMFS_CHECK(find(association, Level::study, all, [&](const Dataset& match) {
    studies.push_back(match);
    return studies.size() < limit;
  }));
  (void)association.release();  // it has answered
  return studies;
}

}  // namespace dcmfs::net
