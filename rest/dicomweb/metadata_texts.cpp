#include "rest/dicomweb/metadata_texts.h"

namespace dcmfs::rest {
namespace {

// By its bytes: what replaced a file is another.
std::string name_of(const StoredFile& stored, std::string_view base) {
  std::string name(reinterpret_cast<const char*>(stored.sha256.data()), stored.sha256.size());
  return name.append(stored.transfer_syntax).append(1, ' ').append(base);
}

}  // namespace

std::shared_ptr<const std::string> MetadataTexts::find(const StoredFile& stored, std::string_view base) {
  const auto name = name_of(stored, base);
  const std::scoped_lock lock(mutex_);
  const auto found = by_name_.find(name);
  if (found == by_name_.end()) return nullptr;
  kept_.splice(kept_.begin(), kept_, found->second);
  return found->second->text;
}

void MetadataTexts::keep(const StoredFile& stored, std::string_view base, std::shared_ptr<const std::string> text) {
  Kept one{name_of(stored, base), std::move(text)};
  if (bytes_of(one) > bytes_max_ / 4) return;  // would drive out all others
  const std::scoped_lock lock(mutex_);
  if (by_name_.contains(one.name)) return;
  bytes_ += bytes_of(one);
  kept_.push_front(std::move(one));
  by_name_.emplace(kept_.front().name, kept_.begin());
  while (bytes_ > bytes_max_) {
    bytes_ -= bytes_of(kept_.back());
    by_name_.erase(kept_.back().name);
    kept_.pop_back();
  }
}

}  // namespace dcmfs::rest
