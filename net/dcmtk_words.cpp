#include "net/dcmtk_words.h"

#include <algorithm>
#include <cstring>
#include <memory>

#include <dcmtk/dcmnet/lst.h>

#include "store/dicom/writer.h"

namespace dcmfs::net {

Roles roles_of(DUL_SC_ROLE role) {
  switch (role) {
    case DUL_SC_ROLE_NONE:
      return {};
    case DUL_SC_ROLE_DEFAULT:
    case DUL_SC_ROLE_SCU:
      return kScu;
    case DUL_SC_ROLE_SCP:
      return kScp;
    case DUL_SC_ROLE_SCUSCP:
      return kBothRoles;
  }
  return {};
}

T_ASC_SC_ROLE role_of(Roles roles) {
  if (roles.scu && roles.scp) return ASC_SC_ROLE_SCUSCP;
  if (roles.scp) return ASC_SC_ROLE_SCP;
  return roles.scu ? ASC_SC_ROLE_SCU : ASC_SC_ROLE_NONE;
}

std::vector<const DUL_PRESENTATIONCONTEXT*> items(LST_HEAD* list) {
  std::vector<const DUL_PRESENTATIONCONTEXT*> all;
  if (list == nullptr) return all;
  LST_NODE* node = LST_Head(&list);
  LST_Position(&list, node);
  for (; node != nullptr; node = LST_Next(&list)) {
    all.push_back(reinterpret_cast<const DUL_PRESENTATIONCONTEXT*>(node));
  }
  return all;
}

std::vector<std::string> transfer_syntaxes_of(const DUL_PRESENTATIONCONTEXT& context) {
  std::vector<std::string> all;
  LST_HEAD* list = context.proposedTransferSyntax;
  if (list == nullptr) return all;
  LST_NODE* node = LST_Head(&list);
  LST_Position(&list, node);
  for (; node != nullptr; node = LST_Next(&list)) {
    all.emplace_back(reinterpret_cast<const DUL_TRANSFERSYNTAX*>(node)->transferSyntax);
  }
  return all;
}

ExtendedNegotiation extended_of(const SOPClassExtendedNegotiationSubItemList* list) {
  ExtendedNegotiation all;
  if (list == nullptr) return all;
  for (const auto* item : *list) {
    const auto* bytes = reinterpret_cast<const char*>(item->serviceClassAppInfo);
    all[item->sopClassUID.c_str()].assign(bytes,
                                          bytes == nullptr ? 0 : item->serviceClassAppInfoLength);
  }
  return all;
}

SOPClassExtendedNegotiationSubItemList* make_list(const ExtendedNegotiation& extended) {
  if (extended.empty()) return nullptr;
  auto list = std::make_unique<SOPClassExtendedNegotiationSubItemList>();
  for (const auto& [sop_class, bytes] : extended) {
    auto item = std::make_unique<SOPClassExtendedNegotiationSubItem>();
    // NOLINTNEXTLINE(readability-redundant-string-cstr): DCMTK may be built with strings of its own.
    item->sopClassUID = sop_class.c_str();
    item->sopClassUIDLength = static_cast<unsigned short>(sop_class.size());
    item->serviceClassAppInfoLength = static_cast<unsigned short>(bytes.size());
    auto copy = std::make_unique<unsigned char[]>(bytes.size());
    std::memcpy(copy.get(), bytes.data(), bytes.size());
    item->serviceClassAppInfo = copy.release();
    list->push_back(item.release());
  }
  return list.release();
}

void name_implementation(T_ASC_Parameters& params) {
  const auto copy = [](std::string_view text, char* into, std::size_t size) {
    const auto count = std::min(text.size(), size - 1);
    std::memcpy(into, text.data(), count);
    into[count] = '\0';
  };
  copy(kImplementationClassUID, params.ourImplementationClassUID,
       sizeof params.ourImplementationClassUID);
  copy(kImplementationVersionName, params.ourImplementationVersionName,
       sizeof params.ourImplementationVersionName);
}

// PS3.8 9.3.4
Error rejected(T_ASC_Parameters* params) {
  T_ASC_RejectParameters why{};
  ASC_getRejectParameters(params, &why);
  struct Row {
    T_ASC_RejectParametersReason reason;
    const char* text;
  };
  constexpr Row kReasons[] = {
      {ASC_REASON_SU_APPCONTEXTNAMENOTSUPPORTED, "application context name not supported"},
      {ASC_REASON_SU_CALLINGAETITLENOTRECOGNIZED, "it does not know our AE title"},
      {ASC_REASON_SU_CALLEDAETITLENOTRECOGNIZED, "it has another AE title"},
      {ASC_REASON_SP_ACSE_PROTOCOLVERSIONNOTSUPPORTED, "protocol version not supported"},
      {ASC_REASON_SP_PRES_TEMPORARYCONGESTION, "temporary congestion"},
      {ASC_REASON_SP_PRES_LOCALLIMITEXCEEDED, "local limit exceeded"},
  };
  std::string text = "no reason given";
  for (const Row& row : kReasons)
    if (row.reason == why.reason) text = row.text;
  const bool for_now = why.result == ASC_RESULT_REJECTEDTRANSIENT;
  // Who is only busy is worth another try.
  return {for_now ? Errc::busy : Errc::denied, std::string("the peer rejected the association") +
                                                   (for_now ? " for now: " : ": ") + text};
}

}  // namespace dcmfs::net
