#include "rest/orthanc/change_stream.h"

#include <chrono>
#include <cstring>
#include <stop_token>

#include "rest/orthanc/change_names.h"
#include "rest/orthanc/resource_id.h"
#include "store/dicom/json_writer.h"
#include "store/number.h"

namespace dcmfs::rest {
namespace {

constexpr std::chrono::seconds kCommentEvery{15};
constexpr std::size_t kChangesAtOnce = 256;  // changes: few enough to be held

// On one line: a line break would begin another field.
std::string event_of(const Change& change) {
  JsonWriter json(JsonWriter::Layout::one_line);
  const std::string name = name_of_change(change.type, change.what.level);
  json.begin_object();
  json.key("Seq").number(change.seq);
  json.member("ChangeType", name).member("ResourceType", info(change.what.level).title);
  json.member("ID", change.id.str()).member("Path", path_of(change.what.level, change.id));
  json.member("Date", time_text(change.at));
  json.end_object();
  return "id: " + std::to_string(change.seq) + "\nevent: " + name +
         "\ndata: " + json.take_so_far() + "\n\n";
}

class ChangeSource : public Source {
 public:
  ChangeSource(const ChangeFeed& feed, std::int64_t after) : feed_(feed), after_(after) {}

  Result<std::size_t> read(std::span<std::byte> into) override {
    if (given_ == text_.size()) {
      DCMFS_CHECK(wait());
      if (stop_.stop_requested()) return std::size_t{0};
    }
    const auto n = std::min(into.size(), text_.size() - given_);
    std::memcpy(into.data(), text_.data() + given_, n);
    given_ += n;
    return n;
  }
  void stop() override { stop_.request_stop(); }

 private:
  Result<> wait() {
    given_ = 0;
    if (!greeted_) {
      // So that the client has its headers before anything happens.
      greeted_ = true;
      text_ = ": changes after " + std::to_string(after_) + "\n\n";
      return {};
    }
    DCMFS_TRY(const auto changes, feed_.wait(after_, kChangesAtOnce, stop_.get_token(),
                                             ChangeFeed::Clock::now() + kCommentEvery));
    text_ = changes.empty() ? ":\n\n" : "";
    for (const Change& change : changes) text_ += event_of(change);
    if (!changes.empty()) after_ = changes.back().seq;
    return {};
  }

  const ChangeFeed& feed_;
  std::int64_t after_;
  std::stop_source stop_;
  bool greeted_ = false;
  std::string text_;
  std::size_t given_ = 0;
};

}  // namespace

Result<std::unique_ptr<Source>> change_source(const Services& services,
                                              std::optional<std::int64_t> since,
                                              std::string_view last_event_id) {
  const ChangeFeed& feed = services.store.changes();
  std::int64_t after = since ? *since : feed.last();
  if (!last_event_id.empty()) {
    const auto id = parse_natural(last_event_id);
    if (!id) return Error{Errc::invalid_argument, "Last-Event-ID must be the id of an event"};
    after = *id;
  }
  return std::unique_ptr<Source>(std::make_unique<ChangeSource>(feed, after));
}

}  // namespace dcmfs::rest
