#include "store/detail/query_sql.h"

#include <algorithm>
#include <cassert>

#include "store/detail/computed.h"
#include "store/detail/level_sql.h"
#include "store/detail/narrowing.h"
#include "store/detail/resource_row.h"
#include "store/detail/told_metadata.h"

namespace dcmfs::detail {
namespace {

Error not_kept(Tag tag) {
  const std::string keyword = keyword_of(tag);
  return {Errc::not_supported,
          (keyword.empty() ? to_string(tag) : keyword) + " is not in the index"};
}

std::string id_of(Level level) {
  return std::string(table(level)) + ".id";
}

// Of a term to sort by; what is empty is nothing.
std::string cast(const std::string& term, Query::Order::As as) {
  switch (as) {
    case Query::Order::As::itself:
      return term;
    case Query::Order::As::integer:
      return "CAST(nullif(" + term + ", '') AS INTEGER)";
    case Query::Order::As::real:
      return "CAST(nullif(" + term + ", '') AS REAL)";
  }
  return term;
}

class Builder {
 public:
  Builder(const Query& query, Indexes indexes) : query_(query), indexes_(indexes) {}

  Result<QuerySql> build(Answer answer) {
    // Parameters are numbered, so the parts may be made in any order.
    for (const auto& condition : query_.where) {
      if (condition.matcher.universal()) continue;
      DCMFS_CHECK(add(condition));
    }
    if (query_.below) DCMFS_CHECK(add_above(*query_.below));
    for (const auto& condition : query_.metadata) {
      if (!condition.matcher.universal()) add(condition);
    }
    if (query_.labelled) add(*query_.labelled);
    std::string order;
    for (const auto& by : query_.order_by) {
      DCMFS_TRY(const auto term, order_term(by));
      order += cast(term, by.as) + (by.descending ? " DESC NULLS LAST, " : " NULLS LAST, ");
    }
    if (drive_) terms_.insert(terms_.begin(), text_of(*drive_));
    if (answer == Answer::count) {
      sql_.text = "SELECT count(*)" + from() + where();
      return std::move(sql_);
    }
    std::string columns = id_of(query_.level);
    if (answer == Answer::identities) columns += ", " + id_columns(query_.level);
    sql_.text = "SELECT " + columns + from() + where() + " ORDER BY " + order +
                id_of(query_.level) + page();
    return std::move(sql_);
  }

 private:
  std::string parameter(std::variant<std::int64_t, std::string, const Matcher*> of) {
    sql_.values.push_back(std::move(of));
    return "?" + std::to_string(sql_.values.size());
  }

  Result<> add(const Query::Condition& condition) {
    if (const Computed* computed = find_computed(condition.tag))
      return add_computed(*computed, condition.matcher);
    const Attribute* attribute = find_attribute(condition.tag, query_.level);
    if (!attribute) return not_kept(condition.tag);
    if (attribute->level > query_.level) {
      add_below(query_.level, *attribute, condition.matcher);
      return {};
    }
    terms_.push_back(match(condition.matcher, column(*attribute)));
    need(attribute->level);
    offer(attribute->level, narrowing(*attribute, condition.matcher));
    return {};
  }

  Result<> add_computed(const Computed& computed, const Matcher& matcher) {
    const Level anchor = std::min(computed.level, query_.level);
    need(anchor);
    if (computed.collects) {  // any one value may match
      add_below(anchor, *find_attribute(*computed.collects), matcher);
      return {};
    }
    const auto term = match(matcher, "CAST(" + std::string(computed.expression) + " AS TEXT)");
    terms_.push_back(anchor == computed.level ? term : exists_below(anchor, computed.level, term));
    return {};
  }

  // At least one descendant of the anchor matches.
  void add_below(Level anchor, const Attribute& attribute, const Matcher& matcher) {
    const auto term = match(matcher, column(attribute));
    terms_.push_back(exists_below(anchor, attribute.level, term));
    auto narrow = narrowing(attribute, matcher);
    // From a UID upward there is one way; a list of all series of one modality would be no help.
    if (!narrow || narrow->selectivity != Selectivity::identifier) return;
    narrow->before = id_of(anchor) + " IN (SELECT " + parent_of(*child(anchor)) + " FROM " +
                     below(attribute.level, anchor) + " WHERE " + narrow->before;
    narrow->after += ")";
    offer(anchor, std::move(narrow));
  }

  Result<> add_above(Key key) {
    if (key.level > query_.level)
      return Error{Errc::invalid_argument, "what is asked for is not below the given resource"};
    const std::string is_it = id_of(key.level) + " = " + std::to_string(value(key.row));
    need(key.level);
    terms_.push_back(is_it);
    offer(key.level, Narrowing{Selectivity::identifier, is_it, "", "", {}});
    return {};
  }

  void add(const Query::MetadataCondition& condition) {
    const Level level = query_.level;
    const Told* told = find_told(level, condition.name);
    const std::string name = told ? "" : parameter(condition.name);
    terms_.push_back(match(condition.matcher, told ? told->text : kept_metadata(level, name)));
    if (told || condition.matcher.matches(std::nullopt)) return;
    offer(level, Narrowing{Selectivity::text,
                           id_of(level) + " IN (SELECT row FROM metadata WHERE name = ",
                           "",
                           " AND level = " + std::to_string(index_of(level)) + ")",
                           {condition.name}});
  }

  // Without labels, "all" and "any" ask for nothing.
  void add(const Query::Labelled& labelled) {
    using How = Query::Labelled::How;
    const std::string level = std::to_string(index_of(query_.level));
    const std::string id = id_of(query_.level);
    const std::string has =
        "EXISTS(SELECT 1 FROM label WHERE level = " + level + " AND row = " + id;
    if (labelled.labels.empty()) {
      if (labelled.how == How::none) terms_.push_back("NOT " + has + ")");
      return;
    }
    const auto name_is = [this](const std::string& label) {
      return " AND name = " + parameter(label) + ")";
    };
    if (labelled.how == How::none) {
      for (const auto& label : labelled.labels) terms_.push_back("NOT " + has + name_is(label));
      return;
    }
    std::string any;
    for (const auto& label : labelled.labels) {
      if (labelled.how == How::all) terms_.push_back(has + name_is(label));
      if (labelled.how == How::any) any += (any.empty() ? "(" : " OR ") + has + name_is(label);
    }
    if (labelled.how == How::any) terms_.push_back(any + ")");
    auto looked_up = labelled.labels;
    if (labelled.how == How::all) looked_up.resize(1);
    offer(query_.level,
          Narrowing{Selectivity::text, id + " IN (SELECT row FROM label WHERE name IN (", ", ",
                    ") AND level = " + level + ")", std::move(looked_up)});
  }

  std::string match(const Matcher& matcher, const std::string& value) {
    return "dcm_match(" + parameter(&matcher) + ", " + value + ")";
  }

  // "instance JOIN series ON series.id = instance.series": up to the level below the anchor.
  static std::string below(Level level, Level anchor) {
    return std::string(table(level)) + join_upward(level, *child(anchor));
  }

  static std::string exists_below(Level anchor, Level level, const std::string& term) {
    return "EXISTS(SELECT 1 FROM " + below(level, anchor) + " WHERE " + parent_of(*child(anchor)) +
           " = " + id_of(anchor) + " AND " + term + ")";
  }

  void offer(Level level, std::optional<Narrowing> narrow) {
    if (!narrow || indexes_ == Indexes::ignore) return;
    if (drive_ && drive_->selectivity <= narrow->selectivity) return;
    drive_ = std::move(narrow);
    drive_level_ = level;
  }

  void need(Level level) { top_ = std::min(top_, level); }

  std::string text_of(const Narrowing& narrow) {
    std::string text = narrow.before;
    for (std::size_t i = 0; i < narrow.values.size(); ++i)
      text += (i > 0 ? narrow.between : "") + parameter(narrow.values[i]);
    return text + narrow.after;
  }

  // From the table that drives down to the one that is asked for, then upward from the first.
  std::string from() const {
    // Without an index the smallest table that has a condition is scanned.
    const Level first = drive_ ? drive_level_ : indexes_ == Indexes::use ? top_ : query_.level;
    std::string text = " FROM " + std::string(table(first));
    for (Level level = first; level < query_.level;) {
      level = *child(level);
      text += " CROSS JOIN " + std::string(table(level)) + " ON " + parent_of(level) + " = " +
              id_of(*parent(level));
    }
    for (Level level = first; level > top_; level = *parent(level))
      text += " CROSS JOIN " + std::string(table(*parent(level))) + " ON " + id_of(*parent(level)) +
              " = " + parent_of(level);
    return text;
  }

  std::string where() const {
    std::string text;
    for (const auto& term : terms_) text += (text.empty() ? " WHERE " : " AND ") + term;
    return text;
  }

  std::string metadata_order(const Query::Order& by) {
    const Told* told = find_told(query_.level, by.metadata);
    if (told && !told->order.empty()) return told->order;
    return told ? told->text : kept_metadata(query_.level, parameter(by.metadata));
  }

  Result<std::string> order_term(const Query::Order& by) {
    if (!by.metadata.empty()) return metadata_order(by);
    const Tag tag = by.tag;
    if (const Computed* computed = find_computed(tag);
        computed && computed->level <= query_.level) {
      need(computed->level);
      return std::string(computed->expression);
    }
    const Attribute* attribute = find_attribute(tag, query_.level);
    if (!attribute || attribute->level > query_.level) return not_kept(tag);
    need(attribute->level);
    if (is_folded(*attribute)) return folded_column(*attribute);
    switch (vr_of(tag)) {
      case Vr::DS:
      case Vr::IS:
      case Vr::US:
        return "CAST(" + column(*attribute) + " AS REAL)";
      default:
        return column(*attribute);
    }
  }

  std::string page() {
    if (query_.limit <= 0 && query_.offset <= 0) return {};
    const std::int64_t limit = query_.limit > 0 ? query_.limit : -1;  // SQLite: -1 is no limit
    return " LIMIT " + parameter(limit) + " OFFSET " +
           parameter(std::max<std::int64_t>(query_.offset, 0));
  }

  const Query& query_;
  const Indexes indexes_;
  QuerySql sql_;
  std::vector<std::string> terms_;  // of WHERE
  std::optional<Narrowing> drive_;
  Level drive_level_ = query_.level;
  Level top_ = query_.level;  // the highest level whose columns are used
};

}  // namespace

Result<QuerySql> query_sql(const Query& query, Answer answer, Indexes indexes) {
  return Builder(query, indexes).build(answer);
}

ComputedSql computed_sql(Tag tag) {
  const Computed* computed = find_computed(tag);
  assert(computed);
  return {computed->level, "SELECT " + std::string(computed->expression) + " FROM " +
                               std::string(table(computed->level)) + " WHERE " +
                               id_of(computed->level) + " = ?1"};
}

}  // namespace dcmfs::detail
