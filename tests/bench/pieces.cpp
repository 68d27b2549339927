// The inner pieces, each alone, with Google Benchmark: what a header, a JSON, a key, a picture, a row and a
// request of the kernel cost. `pieces --benchmark_filter=Render` for some of them.
#include <cmath>
#include <string>

#include <benchmark/benchmark.h>
#include <dirent.h>
#include <fcntl.h>
#include <linux/fuse.h>

#include "store/dicom/dicom_json.h"
#include "store/dicom/json.h"
#include "store/dicom/match.h"
#include "store/dicom/reader.h"
#include "store/dicom/text.h"
#include "store/image/compress.h"
#include "store/image/encode.h"
#include "store/image/render.h"
#include "store/image/resize.h"
#include "store/transcode.h"
#include "tests/fs/wire.h"
#include "tests/support/make_dicom.h"
#include "tests/support/synthetic_rows.h"
#include "tests/support/temp_store.h"

namespace dcmfs {
namespace {

constexpr int kSide = 512;

// A slice of a body, more or less: an ellipse of soft tissue with some structure, noise, and air around it.
std::string slice_pixels() {
  std::string bytes;
  std::uint32_t noise = 1;
  for (int y = 0; y < kSide; ++y) {
    for (int x = 0; x < kSide; ++x) {
      noise = noise * 1664525 + 1013904223;
      const double u = (x - kSide / 2) / 220.0, v = (y - kSide / 2) / 170.0;
      const bool is_body = u * u + v * v < 1;
      const auto value = static_cast<std::uint16_t>(
          is_body ? 1040 + 60 * std::sin(u * 9) * std::cos(v * 7) + (noise >> 27) : noise >> 29);
      bytes.append(reinterpret_cast<const char*>(&value), sizeof value);
    }
  }
  return bytes;
}

const DicomBuilder& slice() {
  static const DicomBuilder dicom = make_dicom()
                                        .patient("P1", "DOE^JANE")
                                        .modality("CT")
                                        .pixels(kSide, kSide, 16)
                                        .set_bytes(tags::PixelData, Vr::OW, slice_pixels());
  return dicom;
}

std::string small_instance(int series, int number) {
  return make_dicom()
      .patient(std::to_string(series), "DOE^JANE")
      .study("1.1." + std::to_string(series))
      .series("1.2." + std::to_string(series))
      .set(tags::InstanceNumber, std::to_string(number))
      .pixels(64, 64, 16)
      .bytes();
}

// The slice in a transfer syntax; the bytes stay for as long as the program.
DicomFile slice_in(std::string_view uid) {
  static std::vector<std::unique_ptr<std::pair<std::string, std::unique_ptr<ByteSource>>>> kept;
  TempStore store;
  std::string bytes = slice().bytes();
  if (uid != uids::ExplicitVRLittleEndian) {
    const auto added = store.add(bytes);
    const auto blob = TempStore::require(store->open_file(added.instance.row));
    auto made =
        TempStore::require(transcode(*store, blob, *find_transfer_syntax(uid), TranscodedAs::file));
    bytes.resize(static_cast<std::size_t>(TempStore::require(made.size())));
    if (::pread(made.fd(), bytes.data(), bytes.size(), 0) != std::ssize(bytes))
      throw std::runtime_error("short read");
  }
  auto one = std::make_unique<std::pair<std::string, std::unique_ptr<ByteSource>>>(std::move(bytes),
                                                                                   nullptr);
  one->second = memory_source(one->first);
  kept.push_back(std::move(one));
  return TempStore::require(read_dicom(*kept.back()->second));
}

// -- a header, and what is told of it

void ParseToPixelData(benchmark::State& state) {
  const std::string bytes = slice().bytes();
  for (auto _ : state) {
    const auto source = memory_source(bytes);
    benchmark::DoNotOptimize(read_dicom(*source));
  }
}
BENCHMARK(ParseToPixelData);

void KeywordJson(benchmark::State& state) {
  const auto file = slice_in(uids::ExplicitVRLittleEndian);
  for (auto _ : state) benchmark::DoNotOptimize(keyword_json(file));
}
BENCHMARK(KeywordJson);

void DicomJson(benchmark::State& state) {
  const auto file = slice_in(uids::ExplicitVRLittleEndian);
  for (auto _ : state) benchmark::DoNotOptimize(dicom_json(file.dataset, "/bulkdata"));
}
BENCHMARK(DicomJson);

void Match(benchmark::State& state, Tag tag, std::string_view key, std::string_view value) {
  const auto matcher = TempStore::require(Matcher::parse(tag, key));
  for (auto _ : state) benchmark::DoNotOptimize(matcher.matches(value));
}
BENCHMARK_CAPTURE(Match, a_name, tags::PatientName, "MÜL*^a?n*", "Müller^Anna^Maria");
BENCHMARK_CAPTURE(Match, a_uid, tags::StudyInstanceUID, "1.2.840.113619.2.1.1",
                  "1.2.840.113619.2.1.1");
BENCHMARK_CAPTURE(Match, dates, tags::StudyDate, "20200101-20201231", "20200615");

// -- pictures of 512x512

void Render(benchmark::State& state, std::string_view transfer_syntax) {
  const auto file = slice_in(transfer_syntax);
  for (auto _ : state) benchmark::DoNotOptimize(render(file, {.window = Window{1040, 400}}));
}
BENCHMARK_CAPTURE(Render, native, uids::ExplicitVRLittleEndian);
BENCHMARK_CAPTURE(Render, rle, "1.2.840.10008.1.2.5");
BENCHMARK_CAPTURE(Render, jpeg_lossless, "1.2.840.10008.1.2.4.70");
BENCHMARK_CAPTURE(Render, jpeg_ls, "1.2.840.10008.1.2.4.80");
BENCHMARK_CAPTURE(Render, jpeg_2000, "1.2.840.10008.1.2.4.90");

Picture picture() {
  return TempStore::require(
      render(slice_in(uids::ExplicitVRLittleEndian), {.window = Window{1040, 400}}));
}

void PngStored(benchmark::State& state) {
  const auto made = picture();
  for (auto _ : state) benchmark::DoNotOptimize(encode_png(made));
}
BENCHMARK(PngStored);

// -- the index

void AddSmall(benchmark::State& state) {
  TempStore store({.durability = Durability::relaxed});
  int n = 0;
  for (auto _ : state) {
    state.PauseTiming();
    const auto bytes = small_instance(n / 200 + 1, n);
    ++n;
    state.ResumeTiming();
    store.add(bytes);
  }
}
BENCHMARK(AddSmall)->UseRealTime()->Iterations(3000);

void FindByPatientId(benchmark::State& state) {
  const TempFolder folder;
  const SyntheticRows rows{.instances = state.range(0)};
  if (!make_synthetic_store(folder / "store", rows)) return state.SkipWithError("no store");
  const auto store = TempStore::require(Store::open(folder / "store"));
  std::int64_t n = 0;
  for (auto _ : state) {
    Query query;
    query.level = Level::study;
    query.where.push_back(
        {tags::PatientID,
         TempStore::require(Matcher::parse(
             tags::PatientID, SyntheticRows::patient_id(n++ * 7919 % rows.studies())))});
    int found = 0;
    (void)store->find(query, [&](const Resource&) { return ++found > 0; });
    benchmark::DoNotOptimize(found);
  }
}
BENCHMARK(FindByPatientId)->Arg(10'000)->Arg(100'000);

// -- requests of the kernel, over a socket that libfuse takes for it

class Mounted {
 public:
  Mounted() {
    for (int i = 0; i < 1000; ++i) store_.add(small_instance(1, i));
    wire_.emplace(*store_);
    patients_ = wire_->find({"patients"});
    series_ = patients_;
    for (int depth = 0; depth < 3; ++depth)
      for (const auto& entry : wire_->list(series_))
        if (entry.type == DT_DIR && entry.name.front() != '.') {
          series_ = wire_->find_in(series_, entry.name);
          break;
        }
    for (const auto& entry : wire_->list(series_))
      if (entry.name.ends_with(".dcm")) name_ = entry.name;
  }
  TempStore store_{{.durability = Durability::relaxed}};
  std::optional<fs::Wire> wire_;
  std::uint64_t patients_ = 0, series_ = 0;
  std::string name_;
};

void FuseLookup(benchmark::State& state) {
  Mounted mounted;
  for (auto _ : state)
    benchmark::DoNotOptimize(mounted.wire_->lookup(mounted.series_, mounted.name_));
}
BENCHMARK(FuseLookup)->UseRealTime();

void FuseListOfThreeThousand(benchmark::State& state) {
  Mounted mounted;
  for (auto _ : state) benchmark::DoNotOptimize(mounted.wire_->list(mounted.series_));
}
BENCHMARK(FuseListOfThreeThousand)->UseRealTime();

void FuseOpenReadRelease(benchmark::State& state) {
  Mounted mounted;
  const auto inode = mounted.wire_->find_in(mounted.series_, mounted.name_);
  for (auto _ : state) {
    const auto file = mounted.wire_->open(inode, O_RDONLY);
    benchmark::DoNotOptimize(mounted.wire_->read(file, 0, 4096));
    mounted.wire_->release(file);
  }
}
BENCHMARK(FuseOpenReadRelease)->UseRealTime();

}  // namespace
}  // namespace dcmfs

BENCHMARK_MAIN();
