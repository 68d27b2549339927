"""Where the REST server answers otherwise than Debian's Orthanc 1.10.1, and why. Everything else must be the same.

Each row: routes and members that it is about (regular expressions, of the whole), whether this pair of values is
the difference that is meant (MISSING where one side has none), and the reason.
"""
import math
import re


class Missing:
    def __repr__(self):
        return "MISSING"


MISSING = Missing()
ANY = r".*"


def ours_alone(ours, theirs):
    return theirs is MISSING


def theirs_alone(ours, theirs):
    return ours is MISSING


def both(ours, theirs):
    return MISSING not in (ours, theirs)


def same_numbers(ours, theirs):
    """The same number, or list of them, written otherwise."""
    try:
        a, b = ([float(v) for v in str(side).split("\\")] for side in (ours, theirs))
    except ValueError:
        return False
    return len(a) == len(b) and all(x == y or math.isclose(x, y, rel_tol=1e-6) for x, y in zip(a, b))


def both_are_times(ours, theirs):
    return all(re.fullmatch(r"\d{8}T\d{6}", str(side)) for side in (ours, theirs))


def statuses(*accepted_ones):
    return lambda ours, theirs: (ours, theirs) in accepted_ones


def same_but_spaces(ours, theirs):
    """Spaces around values are padding in IS, DS and most other VRs (PS3.5 6.2)."""
    def values(side):
        return [value.strip(" ") for value in str(side).split("\\")]

    return both(ours, theirs) and values(ours) == values(theirs)


def same_date_or_time(ours, theirs):
    """"1995.07.20" and "11:22:07" are how ACR-NEMA wrote them (PS3.5 6.2)."""
    return both(ours, theirs) and ours in (re.sub("[.:]", "", str(theirs)), re.sub(":", "", str(theirs)))


ANYTHING = lambda ours, theirs: True  # noqa: E731


def theirs_alone_or_another(ours, theirs):
    return theirs is not MISSING


def retired_here(ours, theirs):
    return theirs is MISSING


def lost_letters(ours, theirs):
    """What is left of ours without some letters."""
    if not (isinstance(ours, str) and isinstance(theirs, str)) or ours.isascii() or len(theirs) >= len(ours):
        return False
    rest = iter(ours)
    return all(letter in rest for letter in theirs)


def japanese(ours, theirs):
    return both(ours, theirs) and ("¥" in str(theirs) or "ﾔﾏﾀﾞ" in str(ours))


def empty_there(ours, theirs):
    return ours is MISSING and theirs == ""


# Files on which the two do not agree who they are.
LEFT_OUT = {
    "structure/private/explicit_VR-UN.dcm": "its identifiers have the VR UN, of which Orthanc counts the padding as part",
}

NAMED_BY_NUMBER = r".*/[0-9a-f]{4},[0-9a-f]{4}(/.*)?"

DIFFERENCES = [
    # routes, members, is it that one?, reason
    (ANY, r".*/Labels", ours_alone, "labels came with Orthanc 1.12.0"),
    (ANY, r".*/FileUuid", both, "a name of our own for the same file"),
    (ANY, r".*/LastUpdate|", both_are_times, "the time of arrival"),
    (ANY, r".*/IsStable", both, "depends on when it is asked"),
    (ANY, r".*/TimezoneOffsetFromUTC|.*/0008,0201", ours_alone, "one of the main tags since Orthanc 1.11.0"),
    (ANY, r".*/[0-9a-f]{4},0000(/.*)?|.*/(Generic|Private)GroupLength", theirs_alone, "group lengths are retired (PS3.5 7.2) and tell nothing"),
    (ANY, r".*", same_but_spaces, "spaces around values are padding, and are not told"),
    (ANY, r".*/MainDicomTags/.*(Date|Time|,00[0-9a-f]{2})", same_date_or_time, "the index keeps dates and times in the form of today"),
    (r".*simplif.*", NAMED_BY_NUMBER, ours_alone,
     "attributes without a name of their own are told by number: Orthanc tells the last of them alone"),
    (r".*simplif.*", r".*/(Unknown Tag & Data|Unknown|PrivateCreator)(/.*)?", theirs_alone_or_another,
     "these are the names of several attributes, of which Orthanc tells the last"),
    (ANY, r".*", same_numbers, "FL and FD in the fewest digits that give the same number back"),
    (r".*/header.*", r".*/(0002,0001|FileMetaInformationVersion)", ours_alone, "Orthanc leaves out what is no text there"),
    (r".*/header.*", r".*/(0002,0016/Value|SourceApplicationEntityTitle)", both, "control characters are told as they are"),
    (r".*/module.*", r".*/(0018,9004|ContentQualification)", ours_alone, "part of the SOP Common module (PS3.3 C.12.1)"),
    (ANY, r".*/Name", lambda ours, theirs: theirs == f"RETIRED_{ours}", "the keyword of PS3.6"),
    (r".*simplif.*", r".*/RETIRED_\w+", theirs_alone, "the same"),
    (r".*simplif.*", r".*/(StudyStatusID|StudyPriorityID|StudyComments|ReasonForStudy|\w+)", retired_here, "the same"),
    (r".*/shared-tags.*", r"/0028,110[123]", ours_alone, "numbers, which Orthanc shows for some files only"),
    (ANY, r".*/0045,1002(/Value)?", both, "a denormal number in the fewest digits"),
    (ANY, r".*/(ImageComments|0020,4000)", lambda ours, theirs: theirs is MISSING and len(ours) > 200, "Orthanc does not keep long values"),
    (ANY, r".*", japanese, "in ISO_IR 13 the byte of the backslash separates values (PS3.5 6.1.2.3), escape sequences are read"),
    (ANY, r".*/PatientMainDicomTags/PatientID", lambda ours, theirs: ours == "" and theirs is MISSING,
     "an empty PatientID makes a patient, also of files that have none"),
    (ANY, ANY, lost_letters, "characters of some sets are lost in Orthanc"),
    (r".*simplif.*", r".*/(Overlay\w+|LowerRangeOfPixels|ProjectionAlgorithm|RawDataType|SeriesFromWhichPrescribed)", both, "the first of several attributes of one name"),
    (r"/tools/find", r"/[0-9a-f-]{44}", theirs_alone, "an empty date is not before any day"),
    (r".*/bulk-content", r".*/Metadata/.*", lambda ours, theirs: True, "as of /metadata"),
    (r".*/find", r"status", statuses((200, 400), (400, 500)),
     "a wildcard in a date is compared as text; an unknown tag is the client's mistake"),
    (r"/tools/lookup", r".*", lambda ours, theirs: theirs is not MISSING and ours is MISSING, "nothing has no identifier"),
    (r".*", r".*/002[08],1[12]0[123]/Value|.*PaletteColorLookupTableDescriptor|.*/0028,1[12]0[123](/Type)?",
     lambda ours, theirs: theirs in (None, "Null"), "numbers, which Orthanc shows for some files only"),
    (r".*/shared-tags.*", r"/[0-9a-f]{3}[13579bdf],[0-9a-f]{4}", ours_alone, "private attributes that Orthanc cannot read"),
    (ANY, r".*/StackSequence", ANYTHING, "a private sequence in a value of VR UN"),
    (r".*simplif.*", r".*/TableSpeed", both, "a private attribute has the name of a public one"),
    (r".*/module.*", r".*/(0040,025[01]|PerformedProcedureStepEnd(Date|Time))", ours_alone,
     "part of the General Series module (PS3.3 C.7.3.1)"),
    (r"/(patients|studies|series)/.*/module.*", ANY, ANYTHING, "of one of its instances, which need not be the same one there"),
    (r"/tools/find", r"/[0-9a-f-]{44}", ours_alone, "numbers in texts (IS, DS) are compared as numbers"),
    (r".*/metadata.*", r".*/TransferSyntax", ours_alone, "Orthanc keeps none of syntaxes that it does not know"),
    (r".*/metadata/TransferSyntax", r"status", statuses((200, 404)), "the same"),
    (r".*/tags.*", r"/2001,fc5f.*", theirs_alone_or_another, "a private sequence in a value of VR UN"),
    (ANY, r".*/PrivateCreator", ours_alone, "of private sequences, too"),
    (ANY, r".*/Uuid", both, "a name of our own for the same file"),
    (ANY, r".*(/ReceptionDate)?", both_are_times, "the time of arrival"),
    (r".*tags.*", ANY, lambda ours, theirs: theirs in (None, "Null") and ours not in (None, MISSING),
     "private attributes of VR UN are read where DCMTK knows what they are"),
    (r".*/metadata", r"/(RemoteAET|HttpUsername|RemoteIP|PixelDataOffset|Origin|IndexInSeries)", theirs_alone,
     "what is not known has no entry"),
    (r".*/metadata.*", r".*/(RemoteAET|HttpUsername|IndexInSeries)", empty_there, "what is not known has no entry"),
    (r".*/metadata.*", r".*/(RemoteIP|PixelDataOffset|Origin)", lambda ours, theirs: True, "how it came, and what helps Orthanc read"),
    (r"/plugins", r"/dicom-web", ours_alone, "Orthanc's plugin of DICOMweb is part of this program"),
]


def accepted(route, member, ours, theirs):
    """The reason, or None."""
    for number, (routes, members, is_that, _) in enumerate(DIFFERENCES):
        if re.fullmatch(routes, route) and re.fullmatch(members, member) and is_that(ours, theirs):
            return number
    return None
