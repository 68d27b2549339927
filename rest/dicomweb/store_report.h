#pragma once
// What became of the instances of a STOW-RS request: the Store Instances Response Module, PS3.18 I.2.
#include <optional>
#include <string>

#include "rest/dicomweb/negotiation.h"
#include "rest/http/message.h"
#include "store/dicom/dataset.h"
#include "store/ids.h"

namespace dcmfs::rest {

// Table I.2-2 and PS3.7 annex C; in JSON and XML they are decimal.
enum class FailureReason : int {
  none = 0,
  processing_failure = 0x0110,
  duplicate_instance = 0x0111,
  sop_class_not_supported = 0x0122,
  not_authorized = 0x0124,
  out_of_resources = 0xa700,
  does_not_match = 0xa900,
  cannot_understand = 0xc000,
  transfer_syntax_not_supported = 0xc122,
};
FailureReason failure_reason(Errc);

// Of what was stored all the same; of several the first.
enum class WarningReason : int {
  none = 0,
  elements_discarded = 0xb006,
  does_not_match_sop_class = 0xb007,
};

struct NamedInstance {
  Uids uids;
  std::string sop_class;
};
NamedInstance named_in(const Dataset&);

// Its sequences are of type 1C: those that nothing is in are left out.
class StoreReport {
 public:
  // `base`: of URLs.
  explicit StoreReport(std::string base);

  void stored(const NamedInstance&, WarningReason);
  // nullopt: nobody knows which one it was.
  void failed(const std::optional<NamedInstance>&, FailureReason);

  // 200: all are stored; 202: some, or with warnings; 409: none.
  Response response(ModelForm) &&;

 private:
  std::string base_;
  Dataset answer_;
  Uids study_;
  bool one_study_ = true;
  int stored_ = 0, failed_ = 0, warned_ = 0;
};

}  // namespace dcmfs::rest
