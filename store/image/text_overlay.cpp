#include "store/image/text_overlay.h"

#include <algorithm>
#include <array>
#include <mutex>
#include <string>
#include <vector>

#include <fontconfig/fontconfig.h>
#include <fribidi.h>
#include <ft2build.h>
#include FT_FREETYPE_H

#include "store/dicom/text.h"

namespace dcmfs {
namespace {

constexpr std::size_t kCharactersMax = 512;
constexpr int kFontsMax = 64;
constexpr int kMaskWidthMax = 8'192;
constexpr int kOutlineMax = 4;

struct Font {
  std::string file;
  int index = 0;  // in the file
  FcCharSet* characters = nullptr;
  FT_Face face = nullptr;  // opened when the first character needs it
  bool is_broken = false;
};

struct PlacedGlyph {
  FT_Face face;
  FT_UInt glyph;
  int x;
};

// The fonts of this machine, the best for the most first. FreeType's objects are for one thread at a
// time, so all of it happens under a mutex.
class Fonts {
 public:
  Fonts() {
    if (FT_Init_FreeType(&library_) != 0) library_ = nullptr;
    if (library_ == nullptr || !FcInit()) return;
    FcPattern* wanted =
        FcNameParse(reinterpret_cast<const FcChar8*>("DejaVu Sans,sans:scalable=true"));
    FcConfigSubstitute(nullptr, wanted, FcMatchPattern);
    FcDefaultSubstitute(wanted);
    FcResult result = FcResultMatch;
    FcFontSet* found = FcFontSort(nullptr, wanted, FcTrue, nullptr, &result);
    for (int i = 0; found != nullptr && i < found->nfont && i < kFontsMax; ++i) {
      FcChar8* file = nullptr;
      Font font;
      if (FcPatternGetString(found->fonts[i], FC_FILE, 0, &file) != FcResultMatch ||
          FcPatternGetInteger(found->fonts[i], FC_INDEX, 0, &font.index) != FcResultMatch ||
          FcPatternGetCharSet(found->fonts[i], FC_CHARSET, 0, &font.characters) != FcResultMatch)
        continue;
      font.file = reinterpret_cast<const char*>(file);
      font.characters = FcCharSetCopy(font.characters);
      fonts_.push_back(std::move(font));
    }
    if (found != nullptr) FcFontSetDestroy(found);
    FcPatternDestroy(wanted);
  }
  Fonts(const Fonts&) = delete;
  Fonts& operator=(const Fonts&) = delete;
  ~Fonts() {
    for (const Font& font : fonts_) {
      if (font.face != nullptr) FT_Done_Face(font.face);
      FcCharSetDestroy(font.characters);
    }
    if (library_ != nullptr) FT_Done_FreeType(library_);
  }

  bool any() {
    const std::lock_guard lock(mutex_);
    return face_of(U' ') != nullptr;
  }

  Result<Mask> mask(const std::vector<char32_t>& text, int size) {
    const std::lock_guard lock(mutex_);
    FT_Face first = face_of(U' ');
    if (first == nullptr) return Error{Errc::not_supported, "no font is installed"};
    FT_Set_Pixel_Sizes(first, 0, static_cast<FT_UInt>(size));
    const int ascent = static_cast<int>((first->size->metrics.ascender + 63) >> 6);
    const int descent = static_cast<int>((63 - first->size->metrics.descender) >> 6);
    int width = 0;
    const auto glyphs = placed(text, size, width);
    Mask out{width, ascent + descent, {}};
    out.coverage.assign(static_cast<std::size_t>(out.width) * static_cast<std::size_t>(out.height),
                        0);
    for (const PlacedGlyph& one : glyphs) {
      if (FT_Load_Glyph(one.face, one.glyph, FT_LOAD_RENDER | FT_LOAD_TARGET_LIGHT) == 0)
        paint(one, ascent, out);
    }
    return out;
  }

 private:
  // The first font that has it, else the first of all; nullptr: there is none.
  FT_Face face_of(char32_t character) {
    for (Font& font : fonts_)
      if (FcCharSetHasChar(font.characters, character))
        if (FT_Face face = opened(font)) return face;
    for (Font& font : fonts_)
      if (FT_Face face = opened(font)) return face;
    return nullptr;
  }

  FT_Face opened(Font& font) {
    if (font.face == nullptr && !font.is_broken) {
      font.is_broken = FT_New_Face(library_, font.file.c_str(), font.index, &font.face) != 0;
      if (font.is_broken) font.face = nullptr;
    }
    return font.face;
  }

  std::vector<PlacedGlyph> placed(const std::vector<char32_t>& text, int size, int& width) {
    std::vector<PlacedGlyph> out;
    FT_Pos x = 0;  // in 64ths
    for (const char32_t character : text) {
      FT_Face face = face_of(character);
      if (face == nullptr || FT_Set_Pixel_Sizes(face, 0, static_cast<FT_UInt>(size)) != 0) continue;
      const FT_UInt glyph = FT_Get_Char_Index(face, character);
      if (FT_Load_Glyph(face, glyph, FT_LOAD_TARGET_LIGHT) != 0) continue;
      if (((x + face->glyph->advance.x) >> 6) > kMaskWidthMax) break;
      out.push_back({face, glyph, static_cast<int>(x >> 6)});
      x += face->glyph->advance.x;
    }
    width = static_cast<int>((x + 63) >> 6) + 1;
    return out;
  }

  static void paint(const PlacedGlyph& one, int ascent, Mask& out) {
    const FT_Bitmap& bitmap = one.face->glyph->bitmap;
    if (bitmap.pixel_mode != FT_PIXEL_MODE_GRAY) return;
    for (int y = 0; y < static_cast<int>(bitmap.rows); ++y) {
      const int to_y = ascent - one.face->glyph->bitmap_top + y;
      if (to_y < 0 || to_y >= out.height) continue;
      for (int x = 0; x < static_cast<int>(bitmap.width); ++x) {
        const int to_x = one.x + one.face->glyph->bitmap_left + x;
        if (to_x < 0 || to_x >= out.width) continue;
        auto& to =
            out.coverage[static_cast<std::size_t>(to_y) * static_cast<std::size_t>(out.width) +
                         static_cast<std::size_t>(to_x)];
        to = std::max(to, bitmap.buffer[y * bitmap.pitch + x]);
      }
    }
  }

  std::mutex mutex_;
  FT_Library library_ = nullptr;
  std::vector<Font> fonts_;
};

Fonts& fonts() {
  static Fonts all;
  return all;
}

// In the order in which they stand on the page (Unicode's bidirectional algorithm), Arabic letters
// joined; control characters are left out.
std::vector<char32_t> visual_characters(std::string_view line) {
  const std::string text = repair_utf8(cut_utf8(line, 4 * kCharactersMax));
  std::vector<FriBidiChar> logical(text.size() + 1);
  auto count =
      fribidi_charset_to_unicode(FRIBIDI_CHAR_SET_UTF8, text.data(),
                                 static_cast<FriBidiStrIndex>(text.size()), logical.data());
  count = std::min<FriBidiStrIndex>(count, kCharactersMax);
  std::vector<FriBidiChar> visual(static_cast<std::size_t>(count) + 1);
  FriBidiParType direction = FRIBIDI_PAR_LTR;
  if (!fribidi_log2vis(logical.data(), count, &direction, visual.data(), nullptr, nullptr, nullptr))
    visual = logical;
  count = fribidi_remove_bidi_marks(visual.data(), count, nullptr, nullptr, nullptr);
  std::vector<char32_t> out;
  for (std::size_t i = 0; i < static_cast<std::size_t>(count); ++i)
    if (visual[i] >= 0x20 && visual[i] != 0x7f && visual[i] != FRIBIDI_CHAR_FILL)
      out.push_back(visual[i]);
  return out;
}

}  // namespace

bool text_can_be_drawn() {
  return fonts().any();
}

Result<Mask> text_mask(std::string_view line, int size) {
  return fonts().mask(visual_characters(line), std::clamp(size, kTextSizeMin, kTextSizeMax));
}

void draw_text(Canvas& canvas, const Mask& text, int size, int x, int y, Ink ink) {
  const int outline = std::clamp(size / 12, 1, kOutlineMax);
  if (!canvas.pay(4LL * outline * outline * text.width * text.height)) return;
  // What is dark already needs light around it.
  const Ink around = ink.red + ink.green + ink.blue > 3 * 96 ? Ink::grey(0) : Ink::grey(255);
  canvas.mask(grown(text, outline), x - outline, y - outline, around);
  canvas.mask(text, x, y, ink);
}

}  // namespace dcmfs
