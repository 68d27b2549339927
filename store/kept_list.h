#pragma once
// Things with a name of which some stand in the configuration and others are put at run time and kept
// in the store: other nodes, other servers. One that was put stands before that of the configuration
// of the same name. One that was put and cannot be read, because another version wrote it, keeps nobody
// from starting: it is not in the list, can be put anew and be removed.
//
// Thread safe.
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "store/kept_values.h"
#include "store/result.h"

namespace dcmfs {

template <class T>
class KeptList {
 public:
  using ByName = std::map<std::string, T, std::less<>>;
  // How they are kept.
  struct Form {
    std::string kind;  // of KeptValues
    std::string (*text_of)(const T&);
    Result<T> (*parse)(std::string_view);
    std::size_t size_max;
  };

  static Result<std::unique_ptr<KeptList>> open(KeptValues& values, const Form& form,
                                                const std::map<std::string, T>& configured) {
    std::unique_ptr<KeptList> list(new KeptList(values, form, configured));
    DCMFS_TRY(const auto kept, values.all(form.kind));
    for (const auto& [name, text] : kept) {
      auto one = form.parse(text);
      if (one)
        list->all_.insert_or_assign(name, *std::move(one));
      else
        list->unreadable_.push_back(name);
    }
    return list;
  }

  ByName all() const {
    const std::lock_guard lock(mutex_);
    return all_;
  }
  std::vector<std::string> names() const {  // sorted
    const std::lock_guard lock(mutex_);
    std::vector<std::string> names;
    for (const auto& [name, one] : all_) names.push_back(name);
    return names;
  }
  std::optional<T> get(std::string_view name) const {
    const std::lock_guard lock(mutex_);
    const auto found = all_.find(name);
    return found == all_.end() ? std::nullopt : std::optional(found->second);
  }
  // The names of those that could not be read when it was opened.
  const std::vector<std::string>& unreadable() const { return unreadable_; }
  // By their names.
  template <class Fits>
  std::vector<T> those(const Fits& fits) const {
    const std::lock_guard lock(mutex_);
    std::vector<T> found;
    for (const auto& [name, one] : all_)
      if (fits(one)) found.push_back(one);
    return found;
  }

  // Durable. Errors: too_large (too many), io.
  Result<> put(std::string_view name, const T& one) {
    const std::lock_guard lock(mutex_);  // one writer at a time, so that both say the same
    if (!all_.contains(name) && all_.size() >= form_.size_max)
      return Error{Errc::too_large,
                   "there may be no more than " + std::to_string(form_.size_max) + " of them"};
    DCMFS_CHECK(values_.set(form_.kind, name, form_.text_of(one)));
    all_.insert_or_assign(std::string(name), one);
    return {};
  }

  // Durable. Of one that was put: that of the configuration stands again. not_found; denied: it
  // stands in the configuration alone.
  Result<> remove(std::string_view name) {
    const std::lock_guard lock(mutex_);
    DCMFS_TRY(const auto kept, values_.get(form_.kind, name));
    const auto configured = configured_.find(name);
    const bool is_configured = configured != configured_.end();
    if (!kept && is_configured)
      return Error{Errc::denied, std::string(name) + " stands in the configuration"};
    if (!kept) return Error{Errc::not_found, "nothing is known as " + std::string(name)};
    DCMFS_CHECK(values_.remove(form_.kind, name));
    if (is_configured)
      all_.insert_or_assign(std::string(name), configured->second);
    else if (const auto found = all_.find(name); found != all_.end())
      all_.erase(found);
    return {};
  }

 private:
  KeptList(KeptValues& values, const Form& form, const std::map<std::string, T>& configured)
      : values_(values),
        form_(form),
        configured_(configured.begin(), configured.end()),
        all_(configured_) {}

  KeptValues& values_;
  const Form form_;
  const ByName configured_;
  std::vector<std::string> unreadable_;  // set by open()
  mutable std::mutex mutex_;
  ByName all_;  // guarded by mutex_
};

}  // namespace dcmfs
