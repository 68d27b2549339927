#pragma once
// The picture of one frame as a file of the tree.
#include <memory>

#include "fs/content.h"
#include "fs/pictures.h"
#include "store/store.h"

namespace dcmfs::fs {

// The frame that the .png of an instance of several shows: the middle one.
int shown_frame(const Entry&);
PictureFile picture_file(const Entry&, int frame);

// Makes the PNG of a stored instance. A pure function of its bytes and the frame.
Pictures::Make png_maker(const Store&);

std::unique_ptr<Content> picture_content(Pictures::Open);

}  // namespace dcmfs::fs
