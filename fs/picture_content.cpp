#include "fs/picture_content.h"

#include "store/image/render.h"

namespace dcmfs::fs {
namespace {

Result<> unless_stopped(const std::stop_token& stop) {
  if (stop.stop_requested()) return Error{Errc::cancelled, "nobody wants the picture any more"};
  return {};
}

class PictureContent final : public Content {
 public:
  explicit PictureContent(Pictures::Open open) : open_(std::move(open)) {}
  const Pictures::Open* picture() const override { return &open_; }

 private:
  Pictures::Open open_;
};

}  // namespace

int shown_frame(const Entry& entry) {
  return entry.frames / 2;
}

PictureFile picture_file(const Entry& entry, int frame) {
  return {{entry.key.row, frame}, png_size(entry.columns, entry.rows, entry.channels)};
}

Pictures::Make png_maker(const Store& store) {
  return [&store](const PictureId& id, std::stop_token stop) -> Result<std::string> {
    DCMFS_CHECK(unless_stopped(stop));
    DCMFS_TRY(const auto blob, store.open_file(id.instance));
    const auto source = file_source(blob.fd(), blob.size());
    DCMFS_TRY(const auto file, read_dicom(*source));
    DCMFS_CHECK(unless_stopped(stop));
    DCMFS_TRY(const auto picture, render(file, {.frame = id.frame, .window = {}}));
    DCMFS_CHECK(unless_stopped(stop));
    return encode_png(picture);
  };
}

std::unique_ptr<Content> picture_content(Pictures::Open open) {
  return std::make_unique<PictureContent>(std::move(open));
}

}  // namespace dcmfs::fs
