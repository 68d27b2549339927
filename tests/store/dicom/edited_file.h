#pragma once
// A file through an edit and back: what comes out is read again as any file is.
#include <memory>
#include <string>
#include <string_view>

#include <gtest/gtest.h>

#include "store/dicom/edit.h"
#include "store/dicom/reader.h"
#include "tests/support/ok.h"

namespace dcmfs {

struct EditedFile {
  std::string bytes;
  std::unique_ptr<ByteSource> source;
  DicomFile file;
  std::vector<std::string> warnings;
  const Dataset* operator->() const { return &file.dataset; }
};

inline Result<EditedFile> try_edit(std::string_view bytes, const Edit& edit,
                                   const ReadOptions& options = {}) {
  const auto source = memory_source(bytes);
  DCMFS_TRY(const DicomFile file, read_dicom(*source, options));
  DCMFS_TRY(Edited edited, apply(file, edit));
  DCMFS_TRY(const FileParts parts, encode_with(file, edited.dataset));
  EditedFile answer;
  answer.warnings = std::move(edited.warnings);
  DCMFS_CHECK(parts.write([&](std::string_view piece) -> Result<> {
    answer.bytes += piece;
    return {};
  }));
  EXPECT_EQ(parts.size().value_or(std::ssize(answer.bytes)), std::ssize(answer.bytes));
  answer.source = memory_source(answer.bytes);  // long: it does not move with the string
  DCMFS_TRY(answer.file, read_dicom(*answer.source, options));
  EXPECT_FALSE(answer.file.truncated);
  return answer;
}

inline EditedFile edited(std::string_view bytes, const Edit& edit,
                         const ReadOptions& options = {}) {
  auto done = try_edit(bytes, edit, options);
  EXPECT_OK(done);
  return done ? *std::move(done) : EditedFile();
}

inline Edit replacing(std::string_view path, std::string_view json,
                      std::string_view private_creator = {}) {
  Edit edit;
  auto replacement = read_replacement(path, json, private_creator);
  EXPECT_OK(replacement);
  if (replacement) edit.replace.push_back(*std::move(replacement));
  return edit;
}

inline TagPath path_to(std::string_view path, std::string_view private_creator = {}) {
  auto parsed = parse_tag_path(path, private_creator);
  EXPECT_OK(parsed);
  return parsed ? *std::move(parsed) : TagPath();
}

}  // namespace dcmfs
