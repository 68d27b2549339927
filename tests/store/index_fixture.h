#pragma once
// An index in a temporary folder, instances to put into it, and verbs.
#include <algorithm>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "store/detail/index.h"
#include "tests/support/ok.h"
#include "tests/support/temp_folder.h"

namespace dcmfs::detail {

inline constexpr Time kArrival = from_ms(1'700'000'000'000);

// The value of what must not fail.
template <class T>
T require(Result<T> result) {
  if (!result) throw std::runtime_error(result.error().message);
  return *std::move(result);
}
inline void require(Result<> result) {
  if (!result) throw std::runtime_error(result.error().message);
}

// An instance "p/1/1.1/1.1.1" is SOPInstanceUID 1.1.1 of series 1.1 of study 1 of patient p.
class InstanceBuilder {
 public:
  InstanceBuilder(std::string patient, std::string study, std::string series, std::string sop) {
    made_.uids = {patient, std::move(study), std::move(series), sop};
    made_.values.resize(attributes().size());
    made_.patient_name = "DOE^JOHN [" + patient + "]";
    made_.study_name = "2004-01-19 CT Brain";
    made_.series_name = "002 CT";
    made_.instance_name = "0001";
    made_.study_link = made_.patient_name + " CT Brain";
    made_.series_link = made_.patient_name + " CT Brain 002";
    made_.modality = "CT";
    made_.study_date = made_.series_date = 20040119;
    made_.file.size = 1000;
    made_.file.sha256.fill(0xab);
    made_.file.crc32 = 0xfedcba98;
    made_.file.transfer_syntax = "1.2.840.10008.1.2.1";
    made_.file.received = kArrival;
  }

  InstanceBuilder& with(Tag tag, std::string value) {
    for (const Attribute& attribute : attributes())
      if (attribute.tag == tag)
        made_.values[static_cast<std::size_t>(&attribute - attributes().data())] = value;
    return *this;
  }
  InstanceBuilder& names(std::string patient, std::string study, std::string series) {
    made_.patient_name = std::move(patient);
    made_.study_name = std::move(study);
    made_.series_name = std::move(series);
    return *this;
  }
  InstanceBuilder& name(std::string stem) {
    made_.instance_name = std::move(stem);
    return *this;
  }
  InstanceBuilder& links(std::string study, std::string series) {
    made_.study_link = std::move(study);
    made_.series_link = std::move(series);
    return *this;
  }
  InstanceBuilder& dates(int study, int series) {
    made_.study_date = study;
    made_.series_date = series;
    return *this;
  }
  InstanceBuilder& modality(std::string folder) {
    made_.modality = std::move(folder);
    return *this;
  }
  InstanceBuilder& size(std::int64_t bytes) {
    made_.file.size = bytes;
    return *this;
  }
  InstanceBuilder& at(Time received) {
    made_.file.received = received;
    return *this;
  }
  InstanceBuilder& row(RowId id) {
    made_.row = id;
    return *this;
  }
  operator const NewInstance&() const { return made_; }

 private:
  NewInstance made_;
};

class IndexTest : public testing::Test {
 protected:
  IndexTest() { open(); }

  void open(Index::Mode mode = Index::Mode::read_write) {
    index_.reset();
    index_ = require(Index::open(file(), mode, Durability::relaxed));
  }
  std::filesystem::path file() const { return folder_ / "index.sqlite"; }

  Key add(const NewInstance& instance) {
    auto batch = require(index_->begin());
    const Key key = require(batch.insert(instance));
    require(batch.commit());
    return key;
  }
  std::vector<RowId> remove(Key key) {
    auto batch = require(index_->begin());
    auto instances = require(batch.remove(key, kArrival));
    require(batch.commit());
    return instances;
  }
  // Itself or the ancestor of an instance at a level.
  Key at(Level level, Key instance) {
    Key key = instance;
    while (key.level != level) key = require(index_->entry(key)).parent;
    return key;
  }
  std::string name(Key key) { return require(index_->entry(key)).name; }
  std::vector<Change> changes_after(std::int64_t seq) {
    return require(index_->changes().read(seq, 10'000));
  }

  TempFolder folder_;
  std::unique_ptr<Index> index_;
};

}  // namespace dcmfs::detail
