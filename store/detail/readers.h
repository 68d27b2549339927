#pragma once
// Connections for reading, lent for one call each. The idle ones wait here with
// their prepared statements and page caches.
//
// Thread safe. Every Lease must be back before the Readers go.
#include <filesystem>
#include <memory>
#include <mutex>
#include <vector>

#include "store/detail/sqlite.h"

namespace dcmfs::detail {

class Readers {
 public:
  explicit Readers(std::filesystem::path file) : file_(std::move(file)) {}

  class Lease {
   public:
    Lease(Readers* from, std::unique_ptr<Connection> connection, bool reusable)
        : from_(from), connection_(std::move(connection)), reusable_(reusable) {}
    Lease(Lease&&) noexcept = default;
    ~Lease();
    Connection* operator->() const { return connection_.get(); }
    Connection& operator*() const { return *connection_; }

   private:
    Readers* from_;
    std::unique_ptr<Connection> connection_;
    bool reusable_;
  };
  Result<Lease> lease();

 private:
  static constexpr std::size_t kIdleMax = 16;

  const std::filesystem::path file_;
  std::mutex mutex_;
  std::vector<std::unique_ptr<Connection>> idle_;  // guarded by mutex_; the warmest last
};

}  // namespace dcmfs::detail
