#pragma once
// All changes as they happen, removals among them, as server-sent events (HTML, 9.2):
//
//   id: 12
//   event: NewStudy
//   data: {"Seq": 12, "ChangeType": "NewStudy", "ResourceType": "Study", "ID": ..., "Path": ..., "Date": ...}
//
// and a comment every 15 s, by which both sides notice that the other is gone.
#include <memory>
#include <optional>
#include <string_view>

#include "rest/http/message.h"
#include "rest/services.h"

namespace dcmfs::rest {

// Those after `last_event_id` (which a browser sends when it connects again), else after `since`, else
// those to come. invalid_argument: the id is no number.
Result<std::unique_ptr<Source>> change_source(const Services&, std::optional<std::int64_t> since,
                                              std::string_view last_event_id);

}  // namespace dcmfs::rest
