#pragma once
// Names in the bytes of every character set, for the tests of both directions.
#include <string_view>

namespace dcmfs {

struct EncodedName {
  std::string_view term, bytes, text;
  bool as_we_write = true;  // false: it says more than it must
};

// The names of PS3.5 annexes H to K and of the sample files that follow them, the trailing padding
// included.
// clang-format off
inline constexpr EncodedName kEncodedNames[] = {
    {"ISO_IR 100", "Buc^J\xe9r\xf4me", "Buc^Jérôme"},
    {"ISO_IR 100", "\xc4neas^R\xfc" "diger ", "Äneas^Rüdiger "},
    {"ISO_IR 101", "Dvo\xf8\xe1k^Ji\xf8\xed ", "Dvořák^Jiří "},
    {"ISO_IR 109", "\xc6" "apelo^\xdd", "Ĉapelo^Ŭ"},
    {"ISO_IR 110", "\xd3\xbani\xf1\xb9^\xc0", "Ķēniņš^Ā"},
    {"ISO_IR 126", "\xc4\xe9\xef\xed\xf5\xf3\xe9\xef\xf2 ", "Διονυσιος "},
    {"ISO_IR 126", "\xc5\xeb\xdd\xed\xe7^\xcc ", "Ελένη^Μ "},
    {"ISO_IR 127", "\xe2\xc8\xc7\xe6\xea^\xe4\xe6\xd2\xc7\xd1 ", "قباني^لنزار "},
    {"ISO_IR 127", "\xd3\xe4\xe5\xe9^\xe7\xe6\xcf", "سلمى^هند"},
    {"ISO_IR 138", "\xf9\xf8\xe5\xef^\xe3\xe1\xe5\xf8\xe4", "שרון^דבורה"},
    {"ISO_IR 144", "\xbb\xee\xda" "ce\xdc\xd1yp\xd3", "Люк" "ce" "мб" "yp" "г"},
    {"ISO_IR 144", "\xc7\xd5\xe5\xde\xd2^\xb0\xdd\xe2\xde\xdd ", "Чехов^Антон "},
    {"ISO_IR 148", "Y\xfdlmaz^G\xfcl", "Yılmaz^Gül"},
    {"ISO_IR 166", "\xc1\xd2\xc5\xd5^\xb4\xd5 ", "มาลี^ดี "},
    {"ISO_IR 203", "\xa4uro^\xa6\xe1rka", "€uro^Šárka"},
    {"ISO_IR 13", "\xc0\xc5\xb6^\xca\xc5\xba ", "ﾀﾅｶ^ﾊﾅｺ "},
    {"ISO_IR 192", "Wang^XiaoDong=\xe7\x8e\x8b^\xe5\xb0\x8f\xe6\x9d\xb1= ", "Wang^XiaoDong=王^小東= "},
    {"GB18030", "Wang^XiaoDong=\xcd\xf5^\xd0\xa1\xb6\xab=", "Wang^XiaoDong=王^小东="},
    {"GB18030", "\xcb\xbe\xc2\xed^\x95\x34\xb2\x35 ", "司马^𠮷 "},
    {"GBK", "\xc0\xee^\xd0\xa1\xbb\xaa ", "李^小华 "},
    // Annex H: Japanese
    {"\\ISO 2022 IR 87",
     "Yamada^Tarou=\x1b$B;3ED\x1b(B^\x1b$BB@O:\x1b(B=\x1b$B$d$^$@\x1b(B^\x1b$B$?$m$&\x1b(B",
     "Yamada^Tarou=山田^太郎=やまだ^たろう"},
    {"ISO 2022 IR 13\\ISO 2022 IR 87",
     "\xd4\xcf\xc0\xde^\xc0\xdb\xb3=\x1b$B;3ED\x1b(J^\x1b$BB@O:\x1b(J=\x1b$B$d$^$@\x1b(J^\x1b$B$?$m$&\x1b(J",
     "ﾔﾏﾀﾞ^ﾀﾛｳ=山田^太郎=やまだ^たろう"},
    {"ISO 2022 IR 6\\ISO 2022 IR 87",
     "\x1b$B$d$^$@\x1b(B^\x1b$B$?$m$&\x1b(B ", "やまだ^たろう "},
    {"\\ISO 2022 IR 87",
     "Tanaka^Hanako=\x1b$BEDCf\x1b(B^\x1b$B2V;R\x1b(B=\x1b$B$?$J$+\x1b(B^\x1b$B$O$J$3\x1b(B ",
     "Tanaka^Hanako=田中^花子=たなか^はなこ "},
    {"\\ISO 2022 IR 87\\ISO 2022 IR 159", "\x1b$(D0!\x1b(B^\x1b$B;3\x1b(B", "丂^山"},
    // Annex I: Korean
    {"\\ISO 2022 IR 149",
     "Hong^Gildong=\x1b$)C\xfb\xf3^\x1b$)C\xd1\xce\xd4\xd7=\x1b$)C\xc8\xab^\x1b$)C\xb1\xe6\xb5\xbf",
     "Hong^Gildong=洪^吉洞=홍^길동"},
    {"\\ISO 2022 IR 149", "\x1b$)C\xb1\xe8\xc8\xf1\xc1\xdf\x1b(B ", "김희중 ", false},
    {"\\ISO 2022 IR 149", "Yi^SunShin=\x1b$)C\xc0\xcc^\x1b$)C\xbc\xf8\xbd\xc5", "Yi^SunShin=이^순신"},
    // Annex K: Chinese
    {"\\ISO 2022 IR 58", "Zhang^XiaoDong=\x1b$)A\xd5\xc5^\x1b$)A\xd0\xa1\xb6\xab= ",
     "Zhang^XiaoDong=张^小东= "},
    {"\\ISO 2022 IR 58", "Test^Cn=\x1b$)A\xb3\xc2^\x1b$)A\xb8\xd5 ", "Test^Cn=陈^刚 "},
    // Several single-byte sets in one value.
    {"ISO 2022 IR 100\\ISO 2022 IR 144\\ISO 2022 IR 126",
     "\xc4^\x1b-L\xbb\xee\x1b-F\xc4\xe9=\xe9", "Ä^ЛюΔι=é", false},
};
// clang-format on

}  // namespace dcmfs
