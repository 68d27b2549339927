#pragma once
// Other DICOM nodes for the routes of REST: the list that the whole program has, and the services of net/.
#include "net/destinations.h"
#include "rest/modalities.h"
#include "store/store.h"
#include "tools/delivery.h"

namespace dcmfs::tools {

class Nodes final : public rest::Modalities {
 public:
  // Both must outlive it.
  Nodes(Store& store, Delivery& delivery) : store_(store), delivery_(delivery) {}

  std::vector<std::string> names() const override;
  std::optional<Json::Value> get(const std::string& name) const override;
  Result<> put(const std::string& name, Json::Value) override;
  Result<> remove(const std::string& name) override;
  Result<Json::Value> read(Json::Value) const override;

  Result<> echo(const Node&) override;
  Result<> check_find(const Node&) override;
  Result<std::vector<Dataset>> find(const Node&, rest::FindModel,
                                    const Dataset& identifier) override;
  Result<> move(const Node&, Level, const UniqueKeys&, const std::string& target_aet,
                const Progress&, std::stop_token) override;
  Result<> fetch(const Node&, Level, const UniqueKeys&, const Progress&, std::stop_token) override;
  Result<> send(const Node&, std::span<const RowId>, const SendWishes&, const Each&,
                std::stop_token) override;
  Result<rest::SopReference> send_file(const Node&, Blob) override;
  Result<std::string> ask_commitment(const Node&, std::vector<rest::SopReference>) override;
  Result<rest::Commitment> commitment(const std::string& transaction_uid) const override;

 private:
  Store& store_;
  Delivery& delivery_;
};

}  // namespace dcmfs::tools
