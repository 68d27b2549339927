#include "store/detail/level_sql.h"

namespace dcmfs::detail {
namespace {

std::string operator+(std::string text, std::string_view more) {
  return text.append(more);
}

// Rows are numbered in order of arrival, so the first and the newest below a series are those with
// the lowest and the highest number: one step in the index.
struct End {
  std::string_view of_many, direction;
};
constexpr End kFirst{"min", "ASC"}, kNewest{"max", "DESC"};

std::string instance_at(const End& end, Level level) {
  const auto of_series = [&](std::string_view series) {
    return "(SELECT d.id FROM instance d WHERE d.series = " + std::string(series) +
           ".id ORDER BY d.id " + std::string(end.direction) + " LIMIT 1)";
  };
  if (level == Level::instance) return "instance.id";
  if (level == Level::series) return of_series("series");
  return "(SELECT " + std::string(end.of_many) + "(" + of_series("r") + ") " +
         rows_below(level, Level::series, "r") + ")";
}

}  // namespace

std::string column(const Attribute& attribute) {
  return std::string(table(attribute.level)) + "." + attribute.column;
}

std::string folded_column(const Attribute& attribute) {
  return column(attribute) + "_fold";
}

std::string trigram_table(Level level) {
  return std::string(table(level)) + "_trigram";
}

std::string unique_column(Level level) {
  return column(*find_attribute(info(level).unique_key));
}

std::string parent_of(Level level) {
  const auto above = parent(level);
  return std::string(table(level)) + "." + (above ? table(*above) : "id");
}

std::string rows_below(Level top, Level level, std::string_view alias) {
  std::string of(alias);
  std::string text = "FROM " + std::string(table(level)) + " " + of;
  for (int n = 1; *parent(level) > top; ++n) {
    level = *parent(level);
    const std::string above = std::string(alias) + std::to_string(n);
    text = text + " JOIN " + table(level) + " " + above + " ON " + above + ".id = " + of + "." +
           table(level);
    of = above;
  }
  return text + " WHERE " + of + "." + table(top) + " = " + table(top) + ".id";
}

std::string first_instance(Level level) {
  return instance_at(kFirst, level);
}

std::string newest_instance(Level level) {
  return instance_at(kNewest, level);
}

std::string newest_reception(Level level) {
  if (level == Level::instance) return "instance.received";
  return "(SELECT n.received FROM instance n WHERE n.id = " + newest_instance(level) + ")";
}

std::string expected_instances() {
  std::string arguments;
  for (const Tag tag :
       {tags::ImagesInAcquisition, tags::NumberOfTemporalPositions, tags::NumberOfSlices,
        tags::NumberOfTimeSlices, tags::CardiacNumberOfImages}) {
    arguments += (arguments.empty() ? "" : ", ") + column(*find_attribute(tag));
  }
  return "dcm_expected_instances(" + arguments + ")";
}

std::string index_in_series(std::string_view instance) {
  return "dcm_index_in_series(" + std::string(instance) + ".InstanceNumber, " +
         std::string(instance) + ".ImageIndex)";
}

std::string labels_of(Level level) {
  return "(SELECT group_concat(l.name, ' ') FROM (SELECT name FROM label WHERE level = " +
         std::to_string(index_of(level)) + " AND row = " + std::string(table(level)) +
         ".id ORDER BY name) l)";
}

std::string count_below(Level level, Level counted) {
  if (counted <= level) return counted == level ? "1" : "0";
  return "(SELECT count(*) " + rows_below(level, counted) + ")";
}

std::string sum_bytes(Level level) {
  if (level == Level::instance) return "instance.size";
  return "(SELECT total(d.size) " + rows_below(level, Level::instance) + ")";
}

std::string sum_attachment_bytes(Level level) {
  std::string rows;
  for (const LevelInfo& of : kLevels) {
    if (of.level < level) continue;
    const std::string whose = of.level == level
                                  ? "= " + std::string(table(level)) + ".id"
                                  : "IN (SELECT d.id " + rows_below(level, of.level) + ")";
    rows += (rows.empty() ? "" : " OR ") + ("(a.level = " + std::to_string(index_of(of.level))) +
            " AND a.row " + whose + ")";
  }
  return "(SELECT total(a.size) FROM attachment a WHERE " + rows + ")";
}

std::string join_upward(Level from, Level top) {
  std::string joins;
  for (Level level = from; level > top;) {
    const Level above = *parent(level);
    joins = joins + " JOIN " + table(above) + " ON " + table(above) + ".id = " + table(level) +
            "." + table(above);
    level = above;
  }
  return joins;
}

}  // namespace dcmfs::detail
