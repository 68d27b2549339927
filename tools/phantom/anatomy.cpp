#include "tools/phantom/anatomy.h"

namespace dcmfs::phantom {
namespace {

// clang-format off
constexpr Section kTrunk[] = {
    //   z  width  depth   y  fat
    {-200,   165,    98,   8,  22},
    {-150,   178,   108,   6,  22},
    { -90,   174,   110,   4,  20},
    { -30,   158,   104,   2,  18},
    {  30,   152,   102,   0,  16},
    {  90,   155,   106,   0,  14},
    { 150,   162,   110,   0,  11},
    { 210,   168,   112,   0,  10},
    { 270,   172,   112,   0,  10},
    { 320,   178,   106,   2,  10},
    { 350,   184,    96,   4,  10},
    { 372,   170,    82,   6,   9},
    { 390,   118,    70,   6,   8},
    { 404,    72,    62,   5,   6},
    { 420,    60,    60,   2,   5},
    { 460,    58,    62,   4,   5},
    { 520,    60,    60,  14,   5},
};

constexpr double kHigh = 1e6;  // further than the body reaches
constexpr auto ball = Shape::ellipsoid;
constexpr auto column = Shape::column;
constexpr auto tube = Shape::tube;
using enum Tissue;

constexpr Part kParts[] = {
    // legs, and what carries the trunk
    {column, muscle,          92,    5,  -kHigh,    72,   78, -175, 0, 0, fat, true},
    {column, cortical_bone,   88,    5,  -kHigh,    15,   15, -165, 0, 0, {}, true},
    {column, marrow,          88,    5,  -kHigh,     7,    7, -165, 0, 0, {}, true},
    {ball,   cortical_bone,   88,    5,   -140,     26,   26,   26, 0, 0, {}, true},
    {ball,   marrow,          88,    5,   -140,     22,   22,   22, 0, 0, {}, true},
    {tube,   cortical_bone,   62,   52,    -85,    118,  -20,  -15, 9, 0, {}, true},
    {tube,   marrow,          62,   52,    -85,    118,  -20,  -15, 5, 0, {}, true},
    {tube,   cortical_bone,   75,   20,   -125,     90,   40,  -60, 13, 0, {}, true},
    {tube,   cortical_bone,   55,  -40,   -150,      6,  -48, -155, 8, 0, {}, true},
    {ball,   cortical_bone,    0,   72,    -95,     50,   20,   50},
    {ball,   marrow,           0,   72,    -95,     44,   15,   45},
    // muscles along the spine
    {column, muscle,          32,   82,  -kHigh,    29,   19,  400, 0, 0.15, {}, true},
    {column, muscle,          36,   58,    -90,     19,   22,  105, 0, 0, {}, true},
    // chest: lungs, and between them the mediastinum
    {ball,   lung,           -80,    4,    248,     66,   89,  136, 0, 0.12, fat},
    {ball,   lung,            80,    4,    246,     64,   88,  132, 0, -0.12, fat},
    {column, fat,              0,   16,    185,     22,   78,  385, 0, 0, lung},
    {column, muscle,           0,  -62,    185,     16,   10,  360, 0, 0, lung},
    // arms end where they would leave the image
    {tube,   cortical_bone,  100,   86,    372,     80,   92,  270, 6, 0, muscle, true},
    {tube,   cortical_bone,   20,  -62,    372,    140,  -20,  366, 7, 0, {}, true},
    {tube,   cortical_bone,    0,  -88,    345,      0,  -98,  215, 7},
    {tube,   marrow,           0,  -88,    345,      0,  -98,  215, 4},
    // abdomen: what lifts the left lung, liver, stomach, spleen, pancreas
    {ball,   fat,             62,    0,    118,     68,   74,   76, 0, 0, lung},
    {ball,   liver,          -62,   -8,    142,     84,   82,   80},
    {ball,   liver,           10,  -45,    150,     62,   38,   42},
    {ball,   spleen,          98,   46,    140,     26,   46,   52, 0, 0.4},
    {ball,   muscle,          56,  -38,    146,     44,   40,   44},
    {ball,   bowel,           56,  -34,    146,     39,   34,   40},
    {ball,   gas,             56,  -56,    152,     27,   13,   24},
    {tube,   spleen,         -22,    2,    100,     70,   28,  122, 12},
    {ball,   fluid,          -46,  -52,    106,     15,   19,   20},
    {tube,   blood,          -20,   -4,    105,    -50,  -12,  150, 8},
    {tube,   blood,          -50,  -12,    150,    -95,    0,  165, 5, 0, liver},
    {tube,   blood,          -28,   28,    195,    -80,    5,  170, 5, 0, liver},
    {tube,   blood,          -28,   28,    195,    -35,  -40,  165, 5, 0, liver},
    // kidneys: cortex, pelvis
    {ball,   kidney,          64,   50,     82,     30,   25,   56, 0, -0.5, {}, true},
    {ball,   fat,             54,   44,     82,     17,   12,   30, 0, -0.5, {}, true},
    {ball,   kidney_pelvis,   56,   45,     82,     12,    8,   24, 0, -0.5, {}, true},
    {tube,   kidney_pelvis,   50,   48,     70,     36,   10, -125, 3, 0, {}, true},
    // bowel, bladder
    {tube,   bowel,         -105,  -10,   -60,   -108,  -25,   70, 22, 0, fat},
    {tube,   bowel,         -108,  -40,    70,    100,  -52,   78, 20, 0, fat},
    {tube,   bowel,          112,    5,   -70,    112,   -5,   70, 19, 0, fat},
    {tube,   gas,           -106,  -20,   -20,   -108,  -34,   60, 12, 0, bowel},
    {tube,   gas,            -60,  -58,    73,     60,  -60,   76, 10, 0, bowel},
    {tube,   bowel,          -50,  -30,    40,     60,  -25,   25, 17, 0, fat},
    {tube,   bowel,           60,  -30,     0,    -60,  -40,  -15, 16, 0, fat},
    {tube,   bowel,          -50,  -20,   -50,     50,  -45,  -45, 18, 0, fat},
    {tube,   bowel,            0,   35,   -140,     25,   30,  -70, 17, 0, fat},
    {ball,   muscle,           0,  -30,   -125,     42,   35,   34},
    {ball,   bladder,          0,  -30,   -125,     38,   31,   30},
    // heart: muscle and chambers
    {ball,   fat,             20,  -30,    228,     66,   54,   60, 0, 0.5, lung},
    {ball,   blood,           -8,  -34,    230,     34,   30,   42, 0, 0.3},
    {ball,   blood,           10,    8,    252,     36,   20,   24},
    {ball,   heart,           36,  -24,    220,     42,   33,   46, 0, 0.6},
    {ball,   blood,           36,  -23,    224,     26,   19,   36, 0, 0.6},
    // great vessels, airways
    {column, blood,           20,   40,    -20,     12,   12,  312},
    {tube,   blood,          -18,   44,    -20,    -24,   30,  215, 12},
    {tube,   blood,           20,   44,    -20,     45,    0,  -120, 7},
    {tube,   blood,          -18,   44,    -20,    -45,    0,  -120, 8},
    {tube,   blood,            6,  -12,    258,     -6,  -14,  312, 15},
    {tube,   blood,           -6,  -14,    312,     22,   38,  314, 13},
    {tube,   blood,          -28,   -8,    255,    -28,   -8,  350, 9},
    {tube,   blood,           14,  -20,    262,     20,    0,  282, 13},
    {tube,   blood,           20,    0,    282,    -48,   10,  276, 9},
    {tube,   blood,           20,    0,    282,     58,   16,  280, 9},
    {tube,   muscle,           4,   36,    150,      4,   38,  420, 7},
    {tube,   airway,           6,   34,    300,      6,   35,  310, 3},
    {tube,   airway,           0,   18,    292,      0,    5,  470, 9},
    {tube,   airway,           0,   18,    292,    -44,   20,  262, 7},
    {tube,   airway,           0,   18,    292,     46,   22,  260, 6},
    // neck and head: scalp, skull, brain
    {ball,   fat,              0,  -12,    575,     80,  100,  112, 0, 0, skin},
    {ball,   muscle,           0,  -12,    572,     75,   94,  106, 0, 0, {}},
    {ball,   cortical_bone,    0,   -8,    582,     74,   93,  100},
    {ball,   marrow,           0,   -8,    582,   71.5,   90,   97},
    {ball,   cortical_bone,    0,   -8,    582,   69.5,   88,   95},
    {ball,   fluid,            0,   -8,    582,     67,   85,   92},
    {ball,   grey_matter,      0,   -8,    585,   64.5,   82,   88, 0, 0, fluid, false, 0.018},
    {ball,   white_matter,    29,   -8,    585,   28.5,   70,   77, 0, 0, grey_matter, true, 0.055},
    {ball,   fluid,            0,   -8,    600,    1.6,   84,   80, 0, 0, grey_matter},
    {tube,   white_matter,   -20,   -5,    598,     20,   -5,  598, 8, 0, grey_matter},
    {ball,   grey_matter,     26,   12,    580,      9,   16,   12, 0, 0.2, {}, true},
    {ball,   grey_matter,     22,  -28,    582,      7,   17,   14, 0, -0.3, {}, true},
    {ball,   fluid,            9,  -24,    592,      5,   22,   14, 0, -0.25, {}, true},
    {ball,   fluid,           15,   26,    590,      5,   22,   12, 0, -0.35, {}, true},
    {ball,   fluid,            0,   -2,    580,      2,   14,   12},
    {ball,   grey_matter,     24,   48,    528,     30,   24,   24, 0, 0, {}, true, 0.03},
    {ball,   white_matter,    22,   46,    528,     18,   14,   15, 0, 0, grey_matter, true, 0.08},
    {tube,   white_matter,     0,   14,    568,      0,   28,  470, 13},
    {ball,   tumour,          38,  -38,    612,     11,   13,   11},
    {ball,   fluid,           37,  -39,    612,      4,    5,    4},
    // face
    {ball,   fat,              0,  -70,    515,     52,   40,   42, 0, 0, muscle},
    {ball,   fat,             33,  -74,    532,     18,   24,   17, 0, 0, {}, true},
    {ball,   fluid,           33,  -84,    532,     12,   12,   12, 0, 0, {}, true},
    {ball,   gas,             28,  -62,    500,     14,   16,   15, 0, 0, {}, true},
    {ball,   gas,              0,  -70,    515,     11,   26,   24},
    {tube,   cortical_bone,   45,  -20,    475,      0,  -85,  470, 7, 0, {}, true},
};
// clang-format on

}  // namespace

std::span<const Section> trunk_sections() {
  return kTrunk;
}
std::span<const Part> parts() {
  return kParts;
}

}  // namespace dcmfs::phantom
