#include "tools/nodes.h"

#include <algorithm>

#include <json/json.h>

#include "net/asked_commitments.h"
#include "net/echo.h"
#include "net/remote_find.h"
#include "net/retrieve.h"
#include "net/send_now.h"
#include "net/verdict.h"
#include "tools/modality.h"

namespace dcmfs::tools {
namespace {

constexpr std::size_t kAnswersMax = 10'000;  // of one query

const Error kNoModality{Errc::invalid_argument,
                        "expected [AET, HOST, PORT] or {\"AET\", \"Host\", \"Port\"}"};

std::string_view model_of(rest::FindModel model) {
  switch (model) {
    case rest::FindModel::patient_root:
      return net::kPatientRootFind;
    case rest::FindModel::study_root:
      return net::kStudyRootFind;
    case rest::FindModel::worklist:
      return net::kWorklistFind;
  }
  return {};
}

// A peer whose waits end when the program does, or whoever asked has enough.
class Called {
 public:
  Called(const Delivery& delivery, const Json::Value& node, std::stop_token stop = {})
      : by_program_(delivery.stopping(), Request{source_}),
        by_caller_(std::move(stop), Request{source_}) {
    peer_ = net::peer_of(modality_of(node), delivery.calling(), source_.get_token());
  }
  const net::Peer& peer() const { return peer_; }
  void stop() { source_.request_stop(); }

 private:
  struct Request {
    std::stop_source source;
    void operator()() { source.request_stop(); }
  };
  std::stop_source source_;
  std::stop_callback<Request> by_program_, by_caller_;
  net::Peer peer_;
};

// Of a peer that accepts the service: what else it says is not that it does not.
Error answered(Error error) {
  if (error.code == Errc::not_supported) error.code = Errc::corrupt;
  return error;
}

net::RetrieveProgress told_to(const rest::Modalities::Progress& progress, Called& called) {
  return [&](const net::Retrieved& so_far) {
    if (!progress(so_far.completed + so_far.failed, so_far.remaining, so_far.status)) called.stop();
  };
}

}  // namespace

std::vector<std::string> Nodes::names() const {
  return delivery_.destinations().names();
}

std::optional<Json::Value> Nodes::get(const std::string& name) const {
  const auto found = delivery_.destinations().get(name);
  if (!found) return std::nullopt;
  return json_of(*found);
}

Result<> Nodes::put(const std::string& name, Json::Value value) {
  if (!is_modality(value)) return kNoModality;
  return delivery_.destinations().put(name, modality_of(value));
}

Result<> Nodes::remove(const std::string& name) {
  return delivery_.destinations().remove(name);
}

Result<Json::Value> Nodes::read(Json::Value value) const {
  if (!is_modality(value)) return kNoModality;
  return json_of(modality_of(value));
}

Result<> Nodes::echo(const Node& node) {
  const Called called(delivery_, node);
  DCMFS_TRY([[maybe_unused]] const auto took, net::echo(called.peer()));
  return {};
}

Result<> Nodes::check_find(const Node& node) {
  const Called called(delivery_, node);
  DCMFS_TRY(auto association,
            net::Association::request(called.peer(), {net::native_context(net::kStudyRootFind)}));
  const bool accepted = association.context_for(net::kStudyRootFind, net::Role::scu) != nullptr;
  (void)association.release();
  if (!accepted)
    return Error{Errc::not_supported, called.peer().aet + " does not accept queries (C-FIND)"};
  return {};
}

Result<std::vector<Dataset>> Nodes::find(const Node& node, rest::FindModel model,
                                         const Dataset& identifier) {
  const Called called(delivery_, node);
  const auto sop_class = model_of(model);
  DCMFS_TRY(auto association,
            net::Association::request(called.peer(), {net::native_context(sop_class)}));
  if (association.context_for(sop_class, net::Role::scu) == nullptr) {
    (void)association.release();
    return Error{Errc::not_supported,
                 called.peer().aet + " does not accept this kind of queries (C-FIND)"};
  }
  std::vector<Dataset> answers;
  const auto found = net::find(association, sop_class, identifier, [&](const Dataset& answer) {
    answers.push_back(answer);
    return answers.size() < kAnswersMax;
  });
  if (!found) return answered(found.error());
  (void)association.release();  // it has answered
  return answers;
}

Result<> Nodes::move(const Node& node, Level level, const UniqueKeys& unique,
                     const std::string& target_aet, const Progress& progress,
                     std::stop_token stop) {
  Called called(delivery_, node, std::move(stop));
  DCMFS_TRY([[maybe_unused]] const auto moved,
            net::move_resource(store_, called.peer(), level, unique, target_aet,
                               told_to(progress, called)));
  return {};
}

Result<> Nodes::fetch(const Node& node, Level level, const UniqueKeys& unique,
                      const Progress& progress, std::stop_token stop) {
  Called called(delivery_, node, std::move(stop));
  DCMFS_TRY([[maybe_unused]] const auto fetched,
            net::get_resource(store_, called.peer(), level, unique, told_to(progress, called)));
  return {};
}

Result<> Nodes::send(const Node& node, std::span<const RowId> instances, const SendWishes& wishes,
                     const Each& each, std::stop_token stop) {
  const Called called(delivery_, node, std::move(stop));
  net::SendOptions options{.transfer_syntax = wishes.transfer_syntax};
  if (wishes.originator)
    options.originator = {wishes.originator->aet, wishes.originator->message_id};
  return net::send_now(
      store_, called.peer(), instances, options,
      [&](std::size_t index, const Result<net::Status>& status) -> Result<> {
        if (!status) return each(index, status.error(), std::nullopt);
        if (net::verdict_of(*status) == net::Verdict::sent) return each(index, {}, *status);
        return each(index,
                    Error{Errc::corrupt, called.peer().aet + " answers " + net::text_of(*status)},
                    *status);
      });
}

Result<rest::SopReference> Nodes::send_file(const Node& node, Blob blob) {
  DCMFS_TRY(const auto instance, net::open_instance(std::move(blob)));
  const Called called(delivery_, node);
  const auto status = net::send_now(store_, called.peer(), instance);
  if (!status) return Error{Errc::io, status.error().message};
  if (net::verdict_of(*status) != net::Verdict::sent)
    return Error{Errc::io, called.peer().aet + " answers " + net::text_of(*status)};
  return rest::SopReference{instance.syntax.sop_class, instance.sop_instance};
}

Result<std::string> Nodes::ask_commitment(const Node& node,
                                          std::vector<rest::SopReference> references) {
  const Called called(delivery_, node);
  std::vector<net::SopReference> all;
  all.reserve(references.size());
  for (auto& one : references)
    all.push_back({std::move(one.sop_class), std::move(one.sop_instance)});
  return net::ask_for_commitment(store_, called.peer(), std::move(all));
}

Result<rest::Commitment> Nodes::commitment(const std::string& transaction_uid) const {
  DCMFS_TRY(const auto asked, net::asked_commitment(store_, transaction_uid));
  rest::Commitment told{
      .aet = asked.aet, .is_reported = asked.report.has_value(), .committed = {}, .failed = {}};
  if (!asked.report) return told;
  for (const auto& one : asked.report->committed)
    told.committed.push_back({one.sop_class, one.sop_instance});
  for (const auto& [what, reason] : asked.report->failed)
    told.failed.push_back(
        {{what.sop_class, what.sop_instance}, reason, std::string(net::name_of(reason))});
  return told;
}

}  // namespace dcmfs::tools
