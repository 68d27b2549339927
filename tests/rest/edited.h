#pragma once
// A server with a study of two instances, and looks at what is made of them.
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "rest/instance_file.h"
#include "rest/orthanc/resource_id.h"
#include "store/public_changes.h"
#include "tests/rest/served.h"

namespace dcmfs::rest {

class Edited : public testing::Test {
 protected:
  Edited() {
    added_ = add_study();
    served.start();
  }

  // The first of its two instances, of which the second refers to it. Again is no error.
  Added add_study() {
    auto referring = of_study("1.2.3.2");
    referring.dataset().add_item({0x0008, 0x1140}).set_text({0x0008, 0x1155}, "1.2.3.1");
    const auto first = served.store_.add(of_study("1.2.3.1"));
    served.store_.add(referring);
    return first;
  }

  static DicomBuilder of_study(std::string_view instance) {
    return make_dicom()
        .patient("P1", "DOE^JANE")
        .study("1.2.3")
        .series("1.2.3.9")
        .instance(instance)
        .pixels(4, 4, 8);
  }
  std::string id(Level level) const { return ResourceId::of(level, added_.uids).str(); }
  Answer post(const std::string& level, const std::string& verb, const std::string& body) {
    for (const LevelInfo& of : kLevels)
      if (of.plural == level)
        return served.post('/' + level + '/' + id(of.level) + '/' + verb, body);
    return {};
  }

  Key key(Level level, const std::string& text) {
    return TempStore::require(find_resource(served.services(), level, text));
  }
  // In the order of arrival; pixels stay in their files.
  std::vector<Dataset> datasets_below(Level level, const std::string& text) {
    std::vector<Dataset> all;
    const auto found = TempStore::require(
        served.store_->identities(key(level, text), Level::instance, RowId{}, 1000));
    for (const auto& one : found)
      all.push_back(
          TempStore::require(InstanceFile::open(served.services(), one.key.row)).dicom().dataset);
    return all;
  }
  static Dataset dataset_of(std::string_view file) {
    const auto source = memory_source(file);
    return TempStore::require(read_dicom(*source)).dataset;
  }
  std::string metadata_of(Level level, const std::string& text, const char* name) {
    const auto found = TempStore::require(served.store_->metadata().get(key(level, text), name));
    return found ? found->text : std::string();
  }
  // Of what levels the changes of that type are.
  std::vector<Level> changes(ChangeType type) {
    std::vector<Level> levels;
    for (const auto& one :
         TempStore::require(served.store_->public_changes().read({.limit = 1000})))
      if (one.type == type) levels.push_back(one.what.level);
    return levels;
  }

  Served served;
  Added added_;
};

}  // namespace dcmfs::rest
