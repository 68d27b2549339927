#pragma once
// A store in a temporary folder, and verbs to fill it:
//
//   TempStore store;
//   const Added added = store.add(make_dicom().study("1.2.3"));
//   ASSERT_OK(store->remove(added.instance));
#include <memory>
#include <string_view>

#include "store/store.h"
#include "tests/support/make_dicom.h"
#include "tests/support/ok.h"
#include "tests/support/temp_folder.h"

namespace dcmfs {

inline std::span<const std::byte> bytes_of(std::string_view text) {
  return std::as_bytes(std::span(text));
}

// A spool file with these bytes.
inline Result<SpoolFile> spooled(Store& store, std::string_view bytes) {
  DCMFS_TRY(auto file, store.spool());
  DCMFS_CHECK(file.append(bytes_of(bytes)));
  return file;
}

inline Result<Added> add_bytes(Store& store, std::string_view bytes) {
  DCMFS_TRY(auto file, spooled(store, bytes));
  return store.add(file);
}

class TempStore {
 public:
  explicit TempStore(const StoreOptions& options = {}) { open(options); }

  Store* operator->() { return store_.get(); }
  Store& operator*() { return *store_; }
  const std::filesystem::path& root() const { return root_; }

  // Closes the store and opens it again.
  void reopen(const StoreOptions& options = {}) {
    close();
    open(options);
  }
  void close() { store_.reset(); }

  // These throw what the test did not expect.
  Added add(const DicomBuilder& dicom) { return add(dicom.bytes()); }
  Added add(std::string_view bytes) { return require(try_add(bytes)); }
  Result<Added> try_add(const DicomBuilder& dicom) { return try_add(dicom.bytes()); }
  Result<Added> try_add(std::string_view bytes) { return add_bytes(*store_, bytes); }

  template <class T>
  static T require(Result<T> result) {
    if (!result) throw std::runtime_error(result.error().message);
    return *std::move(result);
  }

 private:
  void open(const StoreOptions& options) { store_ = require(Store::open(root_, options)); }

  TempFolder folder_;
  std::filesystem::path root_ = folder_ / "store";
  std::unique_ptr<Store> store_;
};

}  // namespace dcmfs
