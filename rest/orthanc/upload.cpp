#include "rest/orthanc/upload.h"

#include <json/json.h>

#include "rest/http/error.h"
#include "rest/http/intake.h"
#include "rest/http/json.h"
#include "rest/orthanc/request_origin.h"
#include "rest/services.h"
#include "store/archive.h"
#include "store/archive_import.h"

namespace dcmfs::rest {
namespace {

Json::Value report(const Uids& uids, std::string_view status) {
  const auto id = [&](Level level) { return ResourceId::of(level, uids).str(); };
  Json::Value v;
  v["ID"] = id(Level::instance);
  v["Path"] = "/instances/" + id(Level::instance);
  v["Status"] = std::string(status);
  v["ParentPatient"] = id(Level::patient);
  v["ParentStudy"] = id(Level::study);
  v["ParentSeries"] = id(Level::series);
  return v;
}

Json::Value failed(const Error& error) {
  Json::Value v;
  v["Status"] =
      error.code == Errc::no_space || error.code == Errc::over_quota ? "StorageFull" : "Failure";
  v["Details"] = error.message;
  return v;
}

Result<Json::Value> add_members(Store& store, SpoolFile& archive, const Origin& origin) {
  Json::Value reports(Json::arrayValue);
  const ArchiveImport how{
      .spool = [&] { return store.spool(); },
      .take = [&](std::string_view, SpoolFile member) -> Result<> {
        auto one = store_and_report(store, member, origin);
        if (one) {
          reports.append(*std::move(one));
        } else if (!is_about_the_file(one.error().code)) {
          return one.error();  // there is no sense in trying the next member
        } else if (one.error().code != Errc::not_dicom) {
          reports.append(failed(one.error()));
        }
        return {};
      },
      .ignore = [](std::string_view) {},
      .refuse = [&](std::string_view, SpoolFile, const Error& why) -> Result<> {
        reports.append(failed(why));
        return {};
      },
      .stopped = [] { return false; },
  };
  DCMFS_TRY(const auto summary, import_archive(archive.fd(), how));
  return reports;
}

// An object for a DICOM file, a list for an archive.
Result<Json::Value> add_whatever(Store& store, SpoolFile file, const Origin& origin) {
  DCMFS_TRY(const bool packed, is_archive(file.fd()));
  return packed ? add_members(store, file, origin) : store_and_report(store, file, origin);
}

}  // namespace

// Of other bytes under a stored UID a client learns no more than of the same: that it is there.
Result<Json::Value> store_and_report(Store& store, SpoolFile& file, const Origin& origin) {
  const auto added = store.add(file, origin);
  if (added) return report(added->uids, added->existed ? "AlreadyStored" : "Success");
  if (added.error().code != Errc::already_exists) return added.error();
  DCMFS_TRY(const auto uids, store.identify(file));
  return report(uids, "AlreadyStored");
}

Result<Response> upload(const Services& services, Request& request) {
  const auto origin = origin_of(request);
  if (request.parts.empty()) {
    if (!request.body.file && request.body.text.empty())
      return failure_response({400, orthanc_errors::kBadFile, "the body is empty"}, request);
    DCMFS_TRY(auto file, file_of(std::move(request.body), services.store));
    DCMFS_TRY(const auto reports, add_whatever(services.store, std::move(file), origin));
    return json_response(reports);
  }
  // A form, as browsers send it: what one of its files lacks is no fault of the others.
  Json::Value reports(Json::arrayValue);
  for (auto& part : request.parts) {
    if (!part.body.file && part.body.text.empty()) continue;  // a field that nobody filled in
    DCMFS_TRY(auto file, file_of(std::move(part.body), services.store));
    auto added = add_whatever(services.store, std::move(file), origin);
    if (!added && !is_about_the_file(added.error().code)) return added.error();
    if (!added) {
      reports.append(failed(added.error()));
    } else if (added->isArray()) {
      for (auto& one : *added) reports.append(one);
    } else {
      reports.append(*std::move(added));
    }
  }
  return json_response(reports);
}

}  // namespace dcmfs::rest
