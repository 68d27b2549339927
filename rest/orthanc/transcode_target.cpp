#include "rest/orthanc/transcode_target.h"

#include <string>

#include "store/transcode.h"

namespace dcmfs::rest {

Result<const TransferSyntax*> transcode_target(std::string_view uid) {
  if (uid.empty()) return nullptr;
  const TransferSyntax* target = find_transfer_syntax(uid);
  if (target == nullptr)
    return Error{Errc::invalid_argument, "no such transfer syntax to transcode to"};
  if (!can_transcode_to(*target))
    return Error{Errc::not_supported, "nothing can be transcoded to " + std::string(target->name)};
  return target;
}

}  // namespace dcmfs::rest
