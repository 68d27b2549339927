#include "rest/orthanc/attachment_json.h"

#include <vector>

#include "rest/http/hexadecimal.h"
#include "rest/orthanc/checksum.h"
#include "rest/orthanc/numbered_names.h"
#include "rest/orthanc/resource_id.h"
#include "store/dicom/json_writer.h"

namespace dcmfs::rest {
namespace {

AttachedFile shown(const Attachment& attachment) {
  return {attachment.name, attachment.uuid, attachment.size, hexadecimal(attachment.md5),
          attachment.revision};
}

Result<AttachedFile> stored_file(const Services& services, Key key, const ResourceId& id) {
  DCMFS_TRY(const auto file, services.store.file(key.row));
  return AttachedFile{
      std::string(kDicomAttachment), file_uuid(key.row, id), file.size, {}, Revision{}};
}

}  // namespace

Result<std::vector<AttachedFile>> attached_files(const Services& services, Key key,
                                                 const ResourceId& id) {
  std::vector<AttachedFile> files;
  DCMFS_TRY(const auto attached, services.store.attachments().of(key));
  if (key.level == Level::instance) {
    DCMFS_TRY(auto file, stored_file(services, key, id));
    files.push_back(std::move(file));
  }
  for (const Attachment& each : attached) files.push_back(shown(each));
  return files;
}

Result<AttachedFile> attached_file(const Services& services, Key key, const ResourceId& id,
                                   std::string_view name) {
  if (key.level == Level::instance && name == kDicomAttachment)
    return stored_file(services, key, id);
  DCMFS_TRY(const auto found, services.store.attachments().get(key, name));
  return shown(found);
}

Result<Blob> open_attached(const Services& services, Key key, std::string_view name) {
  if (key.level == Level::instance && name == kDicomAttachment)
    return services.store.open_file(key.row);
  DCMFS_TRY(const auto found, services.store.attachments().get(key, name));
  return services.store.attachments().open(found);
}

Result<std::string> md5_of(const Services& services, Key key, const AttachedFile& file) {
  if (!file.md5.empty()) return file.md5;
  DCMFS_TRY(const auto blob, open_attached(services, key, file.name));
  return md5_of(blob);
}

// Nothing is stored compressed: the sizes are the same.
void write_file_info(JsonWriter& json, const Services& services, const AttachedFile& file) {
  json.begin_object();
  json.member("Uuid", file.uuid).key("ContentType");
  json.number(number_of(services, Numbered::attachments, file.name));
  json.key("UncompressedSize").number(file.size).key("CompressedSize").number(file.size);
  if (!file.md5.empty()) json.member("UncompressedMD5", file.md5).member("CompressedMD5", file.md5);
  json.end_object();
}

Result<> write_attachments(JsonWriter& json, const Services& services, const Resource& resource) {
  auto files = attached_files(services, resource.key, resource.id);
  if (!files && files.error().code != Errc::not_found) return files.error();
  json.key("Attachments").begin_array();
  if (files)
    for (const AttachedFile& file : *files) write_file_info(json, services, file);
  json.end_array();
  return {};
}

}  // namespace dcmfs::rest
